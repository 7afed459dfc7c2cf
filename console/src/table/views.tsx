//! The saved views of a list: what is filtered, sorted and shown, under a name.
import {
  ActionIcon,
  Badge,
  Button,
  Group,
  Popover,
  ScrollArea,
  Stack,
  Text,
  UnstyledButton,
} from "@mantine/core";
import { IconBookmark, IconPencil, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useRouterState, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { View } from "../api/client";
import { views as viewsQuery } from "../api/queries";
import { isTaken } from "../shell/keys";
import { ViewForm } from "./view-form";
import { isBare, readQuery, viewQuery } from "./view-query";

export function SavedViews() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const page = useRouterState({ select: (state) => state.location.pathname });
  const { data } = useQuery(viewsQuery);
  const [open, setOpen] = useState(false);
  const [edited, setEdited] = useState<View | "new">();
  const views = (data?.items ?? []).filter((view) => view.page === page);
  const query = viewQuery(search);
  const now = query === "" ? undefined : views.find((view) => sameQuery(view.query, query));
  const show = (wanted: Record<string, unknown>, replace = false) => {
    setOpen(false);
    void navigate({ to: ".", search: wanted as never, replace, resetScroll: false });
  };

  // Whoever opens the page as it is begins with the view they chose.
  const begun = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the views are known
  useEffect(() => {
    if (begun.current || data === undefined) return;
    begun.current = true;
    const first = views.find((view) => view.is_default);
    if (first && isBare(search)) show(readQuery(first.query), true);
  }, [data]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTaken(event) || event.key !== "v") return;
      event.preventDefault();
      setOpen(true);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  const row = (view: View) => (
    <Group key={view.id} gap={2} wrap="nowrap">
      <UnstyledButton
        className="option"
        aria-pressed={view.id === now?.id}
        onClick={() => show(readQuery(view.query))}
      >
        <Group gap={6} wrap="nowrap">
          <bdi>{view.name}</bdi>
          {view.is_default && (
            <Badge size="xs" className="state state-good">
              {t("pages.views.default")}
            </Badge>
          )}
        </Group>
      </UnstyledButton>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t("pages.views.editOf", { name: view.name })}
        onClick={() => {
          setOpen(false);
          setEdited(view);
        }}
      >
        <IconPencil size={15} />
      </ActionIcon>
    </Group>
  );
  const part = (label: string, some: View[]) =>
    some.length > 0 && (
      <div>
        <Text size="xs" fw={600} c="dimmed" px={10} mb={2}>
          {label}
        </Text>
        {some.map(row)}
      </div>
    );
  return (
    <>
      <Popover
        opened={open}
        onChange={setOpen}
        position="bottom-end"
        shadow="md"
        trapFocus
        returnFocus
      >
        <Popover.Target>
          <Button
            variant={now ? "light" : "default"}
            size="compact-sm"
            h={34}
            px="xs"
            maw={260}
            fw={now ? 600 : 400}
            leftSection={<IconBookmark size={17} stroke={1.6} aria-hidden="true" />}
            aria-haspopup="dialog"
            aria-keyshortcuts="v"
            onClick={() => setOpen((before) => !before)}
          >
            {now ? t("pages.views.now", { name: now.name }) : t("pages.views.title")}
          </Button>
        </Popover.Target>
        <Popover.Dropdown p="xs" aria-label={t("pages.views.list")}>
          <Stack gap="xs" miw={240} maw={320}>
            {views.length === 0 ? (
              <Text size="sm" c="dimmed" px={10} pt={4}>
                {t("pages.views.none")}
              </Text>
            ) : (
              <ScrollArea.Autosize mah={320}>
                <Stack gap="xs">
                  {part(
                    t("pages.views.mine"),
                    views.filter((view) => view.own),
                  )}
                  {part(
                    t("pages.views.shared"),
                    views.filter((view) => !view.own),
                  )}
                </Stack>
              </ScrollArea.Autosize>
            )}
            <Group gap={4}>
              <Button
                size="compact-sm"
                variant="subtle"
                leftSection={<IconPlus size={15} aria-hidden="true" />}
                onClick={() => {
                  setOpen(false);
                  setEdited("new");
                }}
              >
                {t("pages.views.save")}
              </Button>
              {query !== "" && (
                <Button size="compact-sm" variant="subtle" color="gray" onClick={() => show({})}>
                  {t("pages.views.reset")}
                </Button>
              )}
            </Group>
          </Stack>
        </Popover.Dropdown>
      </Popover>
      {edited && (
        <ViewForm
          {...(edited === "new" ? {} : { view: edited })}
          page={page}
          query={query}
          onClose={() => setEdited(undefined)}
        />
      )}
    </>
  );
}

/** Two queries that say the same, whatever wrote them. */
const sameQuery = (one: string, other: string) => viewQuery(readQuery(one)) === other;
