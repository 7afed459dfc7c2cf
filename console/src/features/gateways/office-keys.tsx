//! The enrolment keys that were made for the devices of an office.
import { Text } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type EnrolmentKey } from "../../api/client";
import { Ago } from "../../parts/time";
import { State, useWord } from "../../parts/words";
import { DataTable } from "../../table/data-table";
import type { Column } from "../../table/types";

export function OfficeKeys({ office }: { office: string }) {
  const { t } = useTranslation();
  const word = useWord();
  const columns = useMemo<Column<EnrolmentKey>[]>(
    () => [
      {
        id: "label",
        label: t("pages.keys.label"),
        sort: "label",
        primary: true,
        minWidth: 150,
        text: (row) => row.label,
        cell: (row) => (
          <Text fw={550} span>
            <bdi>{row.label}</bdi>
          </Text>
        ),
      },
      {
        id: "state",
        label: t("pages.keys.state"),
        text: (row) => word("keyState", row.state),
        cell: (row) => <State kind="keyState" value={row.state} />,
      },
      {
        id: "use",
        label: t("pages.keys.use"),
        text: (row) => word("keyUse", row.use),
        cell: (row) => word("keyUse", row.use),
      },
      {
        id: "expires",
        label: t("pages.keys.expires"),
        sort: "expires_at",
        text: (row) => row.expires_at,
        cell: (row) => <Ago value={row.expires_at} />,
      },
      {
        id: "uses",
        label: t("pages.keys.uses"),
        align: "right",
        text: (row) => String(row.uses),
        cell: (row) => row.uses,
      },
      {
        id: "owner",
        label: t("pages.keys.owner"),
        text: (row) => row.owner.name,
        cell: (row) => <bdi>{row.owner.name}</bdi>,
      },
    ],
    [t, word],
  );
  return (
    <DataTable<EnrolmentKey>
      name="enrolment-keys"
      what={t("pages.keys.title")}
      columns={columns}
      fixed={{ office }}
      read={(query, signal) =>
        body(api.GET("/api/v1/enrolment-keys", { params: { query: query as never }, signal }))
      }
      rowId={(row) => row.id}
      empty={<Text c="dimmed">{t("pages.offices.noKeys")}</Text>}
    />
  );
}
