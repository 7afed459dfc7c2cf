import { Anchor, Badge, Button, Group as Row, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Group } from "../../../../api/client";
import { me as meQuery } from "../../../../api/queries";
import { criteriaText } from "../../../../features/groups/criteria";
import { GroupForm } from "../../../../features/groups/group-form";
import { ResourcesTabs } from "../../../../features/tabs";
import { ageOf, ageText } from "../../../../parts/age";
import { PageHead } from "../../../../parts/page";
import { Ago } from "../../../../parts/time";
import { useWord } from "../../../../parts/words";
import { may } from "../../../../shell/nav";
import { DataTable } from "../../../../table/data-table";
import { readListSearch } from "../../../../table/search";
import { listTwin, option } from "../../../../table/twin";
import type { Column } from "../../../../table/types";

export const Route = createFileRoute("/_app/resources/groups/")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, []),
  component: Groups,
});

/** The server counts no further. */
const COUNTED_TO = 10_000;

function Groups() {
  const { t } = useTranslation();
  const word = useWord();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const { data: me } = useQuery(meQuery);
  const columns = useMemo<Column<Group>[]>(
    () => [
      {
        id: "name",
        label: t("pages.groups.name"),
        sort: "name",
        primary: true,
        minWidth: 160,
        text: (row) => row.name,
        cell: (row) => (
          <Anchor
            component={Link}
            to="/resources/groups/$id"
            params={{ id: row.id } as never}
            fw={550}
          >
            <bdi>{row.name}</bdi>
          </Anchor>
        ),
      },
      {
        id: "resources",
        label: t("pages.groups.size"),
        align: "right",
        text: (row) => String(row.resources),
        cell: (row) => `${row.resources}${row.resources >= COUNTED_TO ? "+" : ""}`,
      },
      {
        id: "criteria",
        label: t("pages.groups.criteria.title"),
        wide: true,
        text: (row) => (row.criteria ? criteriaText(t, word, row.criteria) : ""),
        cell: (row) =>
          row.criteria ? (
            <Text size="sm" lineClamp={2}>
              <bdi>{criteriaText(t, word, row.criteria)}</bdi>
            </Text>
          ) : (
            <Text size="sm" c="dimmed">
              {t("pages.groups.byHand")}
            </Text>
          ),
      },
      {
        id: "inner",
        label: t("pages.groups.inner"),
        align: "right",
        text: (row) => String(row.inner.length),
        cell: (row) => row.inner.length || "–",
      },
      {
        id: "age",
        label: t("pages.groups.maxAge"),
        text: (row) => ageText(t, ageOf(row.max_age_days), ""),
        cell: (row) => ageText(t, ageOf(row.max_age_days), "–"),
      },
      {
        id: "owner",
        label: t("pages.resources.owner"),
        text: (row) => row.owner.name,
        cell: (row) => (
          <Row gap={6} wrap="nowrap">
            <bdi>{row.owner.name}</bdi>
            {row.owner.id !== me?.user.id && (
              <Badge className="state state-quiet">{t("pages.groups.others")}</Badge>
            )}
          </Row>
        ),
      },
      {
        id: "description",
        label: t("pages.groups.description"),
        wide: true,
        hidden: true,
        text: (row) => row.description,
        cell: (row) => <bdi>{row.description}</bdi>,
      },
      {
        id: "created",
        label: t("pages.groups.since"),
        sort: "created_at",
        hidden: true,
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
    ],
    [t, word, me],
  );
  const showForm = (on: boolean) =>
    void navigate({
      search: (now) => ({ ...now, new: on ? (true as const) : undefined }),
      replace: true,
    });
  const add = may(me, "manage_groups") && (
    <Button leftSection={<IconPlus size={17} aria-hidden="true" />} onClick={() => showForm(true)}>
      {t("pages.groups.add")}
    </Button>
  );
  const twin = listTwin("/resource-groups", "sekisho groups list", search, {
    q: option("--search", search.q),
  });
  twin.commands.push(
    "sekisho groups create web-servers --rule 'name contains web'",
    "sekisho groups preview --rule 'name contains web'",
  );
  return (
    <>
      <PageHead
        title={t("pages.groups.title")}
        about={t("pages.groups.about")}
        actions={add}
        twin={twin}
      />
      <ResourcesTabs at="/resources/groups" />
      <DataTable<Group>
        name="groups"
        what={t("pages.groups.title")}
        columns={columns}
        read={(query, signal) =>
          body(api.GET("/api/v1/resource-groups", { params: { query: query as never }, signal }))
        }
        rowId={(row) => row.id}
        onOpen={(row) => void navigate({ to: "/resources/groups/$id", params: { id: row.id } })}
        empty={
          <>
            <Text c="dimmed">{t("pages.groups.empty")}</Text>
            {add}
          </>
        }
      />
      {search.new && (
        <GroupForm
          onClose={() => showForm(false)}
          onCreated={(group) =>
            void navigate({ to: "/resources/groups/$id", params: { id: group.id } })
          }
        />
      )}
    </>
  );
}
