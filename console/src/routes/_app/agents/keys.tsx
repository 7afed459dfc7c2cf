import { Button, Text } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type EnrolmentKey } from "../../../api/client";
import { NewKey } from "../../../features/keys/new-key";
import { Packages } from "../../../features/keys/packages";
import { AgentsTabs } from "../../../features/tabs";
import { PageHead } from "../../../parts/page";
import { Ago } from "../../../parts/time";
import { State, useWord } from "../../../parts/words";
import { DataTable } from "../../../table/data-table";
import { KEY_FILTERS } from "../../../table/filter-names";
import { readListSearch } from "../../../table/search";
import { listTwin } from "../../../table/twin";
import type { Column, Filter, RowAction } from "../../../table/types";
import { wordFilter } from "../../../table/word-filter";

export const Route = createFileRoute("/_app/agents/keys")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, KEY_FILTERS),
  component: Keys,
});

const STATES = ["active", "used", "expired", "revoked"];

function Keys() {
  const { t } = useTranslation();
  const word = useWord();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
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
        id: "used",
        label: t("pages.keys.lastUsed"),
        sort: "last_used_at",
        text: (row) => row.last_used_at ?? "",
        cell: (row) => <Ago value={row.last_used_at} none="–" />,
      },
      {
        id: "approved",
        label: t("pages.keys.preApproved"),
        text: (row) => (row.pre_approved ? t("common.yes") : t("common.no")),
        cell: (row) => (row.pre_approved ? t("common.yes") : t("common.no")),
      },
      {
        id: "owner",
        label: t("pages.keys.owner"),
        text: (row) => row.owner.name,
        cell: (row) => row.owner.name,
      },
      {
        id: "platform",
        label: t("pages.keys.platform"),
        hidden: true,
        text: (row) => word("platform", row.platform),
        cell: (row) => word("platform", row.platform),
      },
      {
        id: "created",
        label: t("pages.keys.created"),
        sort: "created_at",
        hidden: true,
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
    ],
    [t, word],
  );
  const filters = useMemo<Filter[]>(
    () => [wordFilter(word, "state", t("pages.keys.state"), "keyState", STATES)],
    [t, word],
  );
  const actions: RowAction<EnrolmentKey>[] = [
    {
      id: "revoke",
      label: t("pages.keys.revoke"),
      icon: <IconX size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.keys.revokeExplain"),
      applies: (row) => row.state === "active",
      otherwise: `${word("keyState", "used")} / ${word("keyState", "expired")} / ${word("keyState", "revoked")}`,
      run: (row) =>
        body(api.POST("/api/v1/enrolment-keys/{id}/revoke", { params: { path: { id: row.id } } })),
    },
  ];
  const showForm = (on: boolean) =>
    void navigate({
      search: (now) => ({ ...now, new: on ? (true as const) : undefined }),
      replace: true,
    });
  const add = (
    <Button leftSection={<IconPlus size={17} aria-hidden="true" />} onClick={() => showForm(true)}>
      {t("pages.keys.add")}
    </Button>
  );
  const twin = listTwin("/enrolment-keys", "sekisho keys list", search);
  twin.commands.push("sekisho keys create NAME", "sekisho packages list");
  twin.requests.push({
    method: "POST",
    path: "/enrolment-keys",
    body: { label: "web-1", platform: "linux", use: "once" },
  });
  return (
    <>
      <PageHead
        title={t("pages.keys.title")}
        about={t("pages.keys.about")}
        actions={add}
        twin={twin}
      />
      <AgentsTabs at="/agents/keys" />
      <DataTable<EnrolmentKey>
        name="enrolment-keys"
        what={t("pages.keys.title")}
        columns={columns}
        filters={filters}
        read={(query, signal) =>
          body(api.GET("/api/v1/enrolment-keys", { params: { query: query as never }, signal }))
        }
        csv="/enrolment-keys.csv"
        rowId={(row) => row.id}
        actions={actions}
        empty={
          <>
            <Text c="dimmed">{t("pages.keys.empty")}</Text>
            {add}
          </>
        }
      />
      <Packages />
      {search.new && <NewKey onClose={() => showForm(false)} />}
    </>
  );
}
