//! The values a password has had. Reading the list is on record, so it is not
//! read again by itself.
import { Button, Text } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Account, api, body, type Version } from "../../api/client";
import { Ago } from "../../parts/time";
import { State, useWord } from "../../parts/words";
import { DataTable } from "../../table/data-table";
import type { Column } from "../../table/types";
import type { SecretOf } from "./secret-dialog";

interface Props {
  account: Account;
  onReveal: (of: SecretOf) => void;
}

export function History({ account, onReveal }: Props) {
  const { t } = useTranslation();
  const word = useWord();
  const columns = useMemo<Column<Version>[]>(
    () => [
      {
        id: "number",
        label: t("pages.accounts.number"),
        primary: true,
        text: (row) => String(row.number),
        cell: (row) => t("pages.accounts.versionNumber", { number: row.number }),
      },
      {
        id: "state",
        label: t("pages.tasks.state"),
        text: (row) => word("version", row.state),
        cell: (row) => <State kind="version" value={row.state} />,
      },
      {
        id: "origin",
        label: t("pages.accounts.origin"),
        text: (row) => word("origin", row.origin),
        cell: (row) => word("origin", row.origin),
      },
      {
        id: "created",
        label: t("pages.accounts.created"),
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
      {
        id: "changed",
        label: t("pages.accounts.changed"),
        text: (row) => row.state_changed_at,
        cell: (row) => <Ago value={row.state_changed_at} />,
      },
      {
        id: "evidence",
        wide: true,
        label: t("pages.accounts.evidence"),
        hidden: true,
        text: (row) => row.evidence,
        cell: (row) => (
          <Text size="sm" lang="en">
            {row.evidence}
          </Text>
        ),
      },
      {
        id: "reveal",
        buttons: true,
        label: t("pages.accounts.reveal"),
        text: () => "",
        cell: (row) => (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconEye size={15} aria-hidden="true" />}
            aria-label={`${t("pages.accounts.former")}: ${t("pages.accounts.versionNumber", { number: row.number })}`}
            onClick={() =>
              onReveal({
                account,
                purpose: "show",
                version: { id: row.version, number: row.number },
              })
            }
          >
            {t("pages.accounts.reveal")}
          </Button>
        ),
      },
    ],
    [t, word, account, onReveal],
  );
  return (
    <DataTable<Version>
      views={false}
      name="history"
      what={t("pages.accounts.history")}
      columns={columns}
      fixed={{ account: account.id }}
      searchable={false}
      refreshEvery={0}
      read={({ account: _, ...query }, signal) =>
        body(
          api.GET("/api/v1/accounts/{id}/history", {
            params: { path: { id: account.id }, query },
            signal,
          }),
        )
      }
      rowId={(row) => row.version}
      empty={<Text c="dimmed">{t("words.knowledgeHelp.unknown")}</Text>}
    />
  );
}
