//! Where one is signed in.
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../api/client";
import { ProblemAlert } from "../../parts/problem";
import { Ago } from "../../parts/time";
import { useWord } from "../../parts/words";
import { DataTable } from "../../table/data-table";
import type { Column, RowAction } from "../../table/types";

type Session = Schemas["OwnSession"];

export function Sessions() {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const endOthers = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/me/sessions")),
    onSuccess: ({ ended }) => {
      notifications.show({ color: "teal", message: t("pages.sessions.ended", { count: ended }) });
      return client.invalidateQueries({ queryKey: ["own-sessions"] });
    },
  });
  const columns = useMemo<Column<Session>[]>(
    () => [
      {
        id: "client",
        label: t("pages.sessions.client"),
        primary: true,
        text: (row) => row.client ?? "",
        cell: (row) => (
          <Group gap="xs" wrap="nowrap">
            <Text span fw={550}>
              {row.client ?? t("pages.sessions.unknown")}
            </Text>
            {row.current && (
              <Badge className="state state-good">{t("pages.sessions.current")}</Badge>
            )}
          </Group>
        ),
      },
      {
        id: "address",
        label: t("pages.sessions.address"),
        text: (row) => row.address ?? "",
        cell: (row) => row.address ?? "",
      },
      {
        id: "created",
        label: t("pages.me.signedInAt"),
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
      {
        id: "seen",
        label: t("pages.sessions.lastSeen"),
        text: (row) => row.last_seen_at,
        cell: (row) => <Ago value={row.last_seen_at} />,
      },
      {
        id: "methods",
        label: t("pages.sessions.methods"),
        text: (row) => row.methods.map((method) => word("proof", method)).join(" "),
        cell: (row) => row.methods.map((method) => word("proof", method)).join(" · "),
      },
    ],
    [t, word],
  );
  const actions: RowAction<Session>[] = [
    {
      id: "end",
      label: t("pages.sessions.end"),
      icon: <IconX size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.sessions.endExplain"),
      applies: (row) => !row.current,
      otherwise: t("pages.sessions.current"),
      run: (row) => api.DELETE("/api/v1/me/sessions/{id}", { params: { path: { id: row.id } } }),
    },
  ];
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {t("pages.sessions.about")}
        </Text>
        <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
          {t("pages.sessions.endOthers")}
        </Button>
      </Group>
      <ProblemAlert error={endOthers.error} />
      <DataTable<Session>
        views={false}
        name="own-sessions"
        what={t("pages.sessions.title")}
        columns={columns}
        searchable={false}
        read={(_query, signal) => body(api.GET("/api/v1/me/sessions", { signal }))}
        rowId={(row) => row.id}
        actions={actions}
        empty={<Text c="dimmed">{t("pages.sessions.none")}</Text>}
      />
    </Stack>
  );
}
