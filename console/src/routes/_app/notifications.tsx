import { Anchor, Badge, Button, Checkbox, Group, Paper, Stack, Text } from "@mantine/core";
import { IconChecks, IconMail, IconMailOpened } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Notification, type Schemas } from "../../api/client";
import { notificationCounts } from "../../api/queries";
import { TaskDrawer } from "../../features/tasks/task-drawer";
import { PageHead } from "../../parts/page";
import { ProblemAlert } from "../../parts/problem";
import { Ago } from "../../parts/time";
import { State, useWord } from "../../parts/words";
import { DataTable } from "../../table/data-table";
import { readListSearch } from "../../table/search";
import { listTwin } from "../../table/twin";
import type { Column, RowAction } from "../../table/types";

export const Route = createFileRoute("/_app/notifications")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, []),
  component: Notifications,
});

type Kind = Schemas["Kind"];
const KINDS: Kind[] = ["reset_done", "reset_failed", "verify_done", "verify_failed"];

const outcome = (row: Notification) => row.kind ?? (row.retried ? "retried" : "waiting");
const isUnread = (row: Notification) => Boolean(row.kind) && !row.read;

function Notifications() {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const search = Route.useSearch();
  const { data: counts } = useQuery(notificationCounts);
  const again = () => client.invalidateQueries({ queryKey: ["notifications"] });
  const readAll = useMutation({
    mutationFn: () => api.POST("/api/v1/notifications/read-all"),
    onSuccess: again,
  });
  const columns = useMemo<Column<Notification>[]>(
    () => [
      {
        id: "task",
        label: t("pages.notifications.task"),
        primary: true,
        text: (row) =>
          `${word("operation", row.operation)}: ${row.resource.name}/${row.account?.name ?? ""}`,
        cell: (row) => (
          <Group gap={6} wrap="nowrap">
            <Anchor
              component={Link}
              to="."
              search={((now: object) => ({ ...now, open: row.order })) as never}
              fw={isUnread(row) ? 700 : 450}
            >
              {word("operation", row.operation)}
            </Anchor>
            {isUnread(row) && (
              <Badge size="sm" className="state state-warn">
                {t("pages.notifications.unread")}
              </Badge>
            )}
          </Group>
        ),
      },
      {
        id: "account",
        label: t("pages.notifications.account"),
        text: (row) => `${row.resource.name}/${row.account?.name ?? ""}`,
        cell: (row) => (
          <Text size="sm" span>
            <bdi>{row.resource.name}</bdi>
            {row.account && (
              <>
                {" / "}
                <Anchor
                  component={Link}
                  to="/accounts/$id"
                  params={{ id: row.account.id } as never}
                  size="sm"
                >
                  <bdi>{row.account.name}</bdi>
                </Anchor>
              </>
            )}
          </Text>
        ),
      },
      {
        id: "outcome",
        label: t("pages.notifications.outcome"),
        text: (row) => word("notification", outcome(row)),
        cell: (row) => <State kind="notification" value={outcome(row)} />,
      },
      {
        id: "created",
        label: t("pages.notifications.created"),
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
      {
        id: "ended",
        label: t("pages.notifications.ended"),
        text: (row) => row.ended_at ?? "",
        cell: (row) => <Ago value={row.ended_at} none="–" />,
      },
    ],
    [t, word],
  );
  const params = (row: Notification) => ({ path: { id: row.order } });
  const actions: RowAction<Notification>[] = [
    {
      id: "read",
      label: t("pages.notifications.read"),
      icon: <IconMailOpened size={16} aria-hidden="true" />,
      explain: t("pages.notifications.readExplain"),
      applies: isUnread,
      otherwise: t("pages.notifications.alreadyRead"),
      run: (row) => api.POST("/api/v1/notifications/{id}/read", { params: params(row) }),
    },
    {
      id: "unread",
      label: t("pages.notifications.unreadAgain"),
      icon: <IconMail size={16} aria-hidden="true" />,
      explain: t("pages.notifications.unreadExplain"),
      applies: (row) => Boolean(row.kind) && row.read,
      otherwise: t("pages.notifications.notRead"),
      run: (row) => api.POST("/api/v1/notifications/{id}/unread", { params: params(row) }),
    },
  ];
  const twin = listTwin("/notifications", "sekisho notifications list", search);
  twin.commands.push("sekisho notifications count", "sekisho notifications read");
  return (
    <>
      <PageHead
        title={t("pages.notifications.title")}
        about={t("pages.notifications.about")}
        twin={twin}
        actions={
          <Button
            variant="default"
            leftSection={<IconChecks size={17} aria-hidden="true" />}
            onClick={() => readAll.mutate()}
            loading={readAll.isPending}
            disabled={counts?.unread === 0}
          >
            {t("pages.notifications.readAll")}
          </Button>
        }
      />
      {readAll.error && <ProblemAlert error={readAll.error} />}
      {counts && (
        <Group gap="lg" mb="md" role="status">
          <Text size="sm">
            {t("pages.notifications.waitingResets", { count: counts.waiting_resets })}
          </Text>
          <Text size="sm">
            {t("pages.notifications.waitingVerifies", { count: counts.waiting_verifies })}
          </Text>
          <Text size="sm" fw={600}>
            {t("pages.notifications.unreadCount", { count: counts.unread })}
          </Text>
        </Group>
      )}
      <DataTable<Notification>
        name="notifications"
        what={t("pages.notifications.title")}
        columns={columns}
        searchable={false}
        read={(query, signal) =>
          body(api.GET("/api/v1/notifications", { params: { query: query as never }, signal }))
        }
        rowId={(row) => row.order}
        actions={actions}
        refreshEvery={15_000}
        empty={<Text c="dimmed">{t("pages.notifications.empty")}</Text>}
      />
      <Muted />
      <TaskDrawer />
    </>
  );
}

/** Which kinds do not count at the bell. */
function Muted() {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const settings = useQuery({
    queryKey: ["notifications", "settings"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/notifications/settings", { signal })),
  });
  const change = useMutation({
    mutationFn: (muted: Kind[]) =>
      body(api.PUT("/api/v1/notifications/settings", { body: { muted } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["notifications"] }),
  });
  if (!settings.data) return null;
  return (
    <Paper withBorder p="md" radius="md" mt="lg" component="section">
      <Stack gap="xs">
        {change.error && <ProblemAlert error={change.error} />}
        <Checkbox.Group
          label={t("pages.notifications.muted")}
          description={t("pages.notifications.mutedHint")}
          value={settings.data.muted}
          onChange={(muted) => change.mutate(muted as Kind[])}
        >
          <Group gap="lg" mt="xs">
            {KINDS.map((kind) => (
              <Checkbox
                key={kind}
                value={kind}
                label={word("notification", kind)}
                disabled={change.isPending}
              />
            ))}
          </Group>
        </Checkbox.Group>
      </Stack>
    </Paper>
  );
}
