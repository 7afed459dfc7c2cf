//! With whom something is shared.
import { Button, Group, Menu, Stack, Text } from "@mantine/core";
import { IconPencil, IconPlus, IconQuestionMark, IconUserMinus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, etag, type Share } from "../../api/client";
import { Ago, At } from "../../parts/time";
import { useWord } from "../../parts/words";
import { DataTable } from "../../table/data-table";
import type { Column, RowAction } from "../../table/types";
import { Explain } from "./explain";
import { type Kind, ShareForm } from "./share-form";

export function ShareList({ kind, id }: { kind: Kind; id: string }) {
  const { t } = useTranslation();
  const word = useWord();
  const [dialog, setDialog] = useState<"add" | "explain">();
  const [changed, setChanged] = useState<Share>();
  const columns = useMemo<Column<Share>[]>(
    () => [
      {
        id: "with",
        label: t("pages.sharing.with"),
        primary: true,
        minWidth: 160,
        text: (row) => row.with.name,
        cell: (row) => (
          <Group gap={6}>
            <bdi>{row.with.name}</bdi>
            {row.with.kind === "user_group" && (
              <Text span c="dimmed" size="sm">
                {t("pages.sharing.userGroup")}
              </Text>
            )}
          </Group>
        ),
      },
      {
        id: "level",
        label: t("pages.sharing.level"),
        text: (row) => word("level", row.level),
        cell: (row) => word("level", row.level),
      },
      {
        id: "ends",
        label: t("pages.sharing.ends"),
        text: (row) => row.expires_at ?? "",
        cell: (row) =>
          row.ended ? (
            t("pages.sharing.ended")
          ) : row.expires_at ? (
            <At value={row.expires_at} />
          ) : (
            <Text c="dimmed" size="sm">
              {t("pages.sharing.noEnd")}
            </Text>
          ),
      },
      {
        id: "by",
        label: t("pages.sharing.by"),
        text: (row) => row.created_by.name,
        cell: (row) => <bdi>{row.created_by.name}</bdi>,
      },
      {
        id: "since",
        label: t("pages.sharing.since"),
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
    ],
    [t, word],
  );
  const actions: RowAction<Share>[] = [
    {
      id: "end",
      label: t("pages.sharing.end"),
      icon: <IconUserMinus size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.sharing.endExplain"),
      run: (row) =>
        body(
          api.DELETE("/api/v1/shares/{id}", {
            params: { path: { id: row.id }, header: { "If-Match": etag(row) } },
          }),
        ),
    },
  ];
  const params = { path: { id } };
  return (
    <Stack>
      <Group justify="flex-end">
        <Button
          variant="default"
          leftSection={<IconQuestionMark size={17} aria-hidden="true" />}
          onClick={() => setDialog("explain")}
        >
          {t("pages.sharing.explain.open")}
        </Button>
        <Button
          leftSection={<IconPlus size={17} aria-hidden="true" />}
          onClick={() => setDialog("add")}
        >
          {t("pages.sharing.add")}
        </Button>
      </Group>
      <DataTable<Share>
        name="shares"
        what={t("pages.sharing.title")}
        columns={columns}
        searchable={false}
        fixed={{ of: id }}
        read={({ of: _, ...query }, signal) => {
          const request = { params: { ...params, query }, signal };
          if (kind === "accounts") return body(api.GET("/api/v1/accounts/{id}/shares", request));
          if (kind === "resources") return body(api.GET("/api/v1/resources/{id}/shares", request));
          return body(api.GET("/api/v1/resource-groups/{id}/shares", request));
        }}
        rowId={(row) => row.id}
        actions={actions}
        rowVerbs={(row, run) => (
          <>
            <Menu.Item
              leftSection={<IconPencil size={16} aria-hidden="true" />}
              onClick={() => setChanged(row)}
            >
              {t("pages.sharing.change")}
            </Menu.Item>
            {run}
          </>
        )}
        empty={<Text c="dimmed">{t("pages.sharing.empty")}</Text>}
      />
      {dialog === "add" && <ShareForm kind={kind} id={id} onClose={() => setDialog(undefined)} />}
      {dialog === "explain" && <Explain kind={kind} id={id} onClose={() => setDialog(undefined)} />}
      {changed && (
        <ShareForm kind={kind} id={id} share={changed} onClose={() => setChanged(undefined)} />
      )}
    </Stack>
  );
}
