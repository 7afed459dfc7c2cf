import { Anchor, Button, Group, Text, Tooltip } from "@mantine/core";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Device } from "../../../api/client";
import { AgentsTabs } from "../../../features/agents-tabs";
import { PageHead } from "../../../parts/page";
import { Ago } from "../../../parts/time";
import { State, useWord } from "../../../parts/words";
import { DataTable } from "../../../table/data-table";
import { AGENT_FILTERS } from "../../../table/filter-names";
import { readListSearch } from "../../../table/search";
import { listTwin } from "../../../table/twin";
import type { Column, Filter } from "../../../table/types";
import { wordFilter } from "../../../table/word-filter";

export const Route = createFileRoute("/_app/agents/")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, AGENT_FILTERS),
  component: Agents,
});

const STATES = ["pending", "approved", "blocked", "retired"];

function Agents() {
  const { t } = useTranslation();
  const word = useWord();
  const search = Route.useSearch();
  const columns = useMemo<Column<Device>[]>(
    () => [
      {
        id: "resource",
        label: t("pages.agents.resource"),
        primary: true,
        minWidth: 150,
        text: (row) => row.resource?.name ?? t("pages.agents.na"),
        cell: (row) =>
          row.resource ? (
            <Anchor
              component={Link}
              to="/resources/$id"
              params={{ id: row.resource.id } as never}
              fw={550}
            >
              <bdi>{row.resource.name}</bdi>
            </Anchor>
          ) : (
            <Tooltip label={t("pages.agents.naHint")}>
              <Text span c="dimmed" tabIndex={0}>
                {t("pages.agents.na")}
              </Text>
            </Tooltip>
          ),
      },
      {
        id: "activity",
        label: t("pages.agents.activity"),
        text: (row) => word("agent", row.active ? "active" : "inactive"),
        cell: (row) => (
          <Group gap={6}>
            <State kind="agent" value={row.active ? "active" : "inactive"} />
            {row.state !== "approved" && <State kind="device" value={row.state} />}
            <State kind="suspension" value={row.suspension} />
          </Group>
        ),
      },
      {
        id: "seen",
        label: t("pages.agents.lastSeen"),
        sort: "last_seen_at",
        text: (row) => row.last_seen_at ?? "",
        cell: (row) => <Ago value={row.last_seen_at} />,
      },
      {
        id: "tasks",
        label: t("pages.agents.tasks"),
        align: "right",
        text: (row) => String(row.open_orders),
        cell: (row) => row.open_orders,
      },
      {
        id: "host",
        label: t("pages.agents.host"),
        sort: "host_name",
        text: (row) => row.host_name,
        cell: (row) => <bdi>{row.host_name}</bdi>,
      },
      {
        id: "platform",
        label: t("pages.agents.platform"),
        sort: "platform",
        text: (row) => word("platform", row.platform),
        cell: (row) => word("platform", row.platform),
      },
      {
        id: "version",
        label: t("pages.agents.version"),
        sort: "agent_version",
        text: (row) => row.agent_version,
        cell: (row) => row.agent_version,
      },
      {
        id: "key",
        label: t("pages.agents.key"),
        hidden: true,
        text: (row) => row.enrolled_with?.name ?? "",
        cell: (row) => row.enrolled_with?.name ?? "–",
      },
    ],
    [t, word],
  );
  const filters = useMemo<Filter[]>(
    () => [
      {
        id: "active",
        label: t("pages.agents.activity"),
        options: [
          { value: "true", label: word("agent", "active") },
          { value: "false", label: word("agent", "inactive") },
        ],
      },
      wordFilter(word, "state", t("pages.devices.state"), "device", STATES),
    ],
    [t, word],
  );
  return (
    <>
      <PageHead
        title={t("pages.agents.title")}
        about={t("pages.agents.about")}
        twin={listTwin("/agents", "sekisho agents list", search)}
      />
      <AgentsTabs at="/agents" />
      <DataTable<Device>
        name="agents"
        what={t("pages.agents.title")}
        columns={columns}
        filters={filters}
        read={(query, signal) =>
          body(api.GET("/api/v1/agents", { params: { query: query as never }, signal }))
        }
        csv="/agents.csv"
        rowId={(row) => row.id}
        empty={
          <>
            <Text c="dimmed">{t("pages.agents.empty")}</Text>
            <Button component={Link} to="/agents/keys" search={{ new: true } as never}>
              {t("pages.keys.add")}
            </Button>
          </>
        }
      />
    </>
  );
}
