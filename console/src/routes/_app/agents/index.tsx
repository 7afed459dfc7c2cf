import { Anchor, Button, Group, Menu, Text, Tooltip } from "@mantine/core";
import { IconArrowsExchange, IconLink, IconTrash, IconUnlink } from "@tabler/icons-react";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Device } from "../../../api/client";
import { RemapDialog } from "../../../features/agents/remap-dialog";
import { AgentsTabs } from "../../../features/tabs";
import { PageHead } from "../../../parts/page";
import { Ago } from "../../../parts/time";
import { State, useWord } from "../../../parts/words";
import { DataTable } from "../../../table/data-table";
import { AGENT_FILTERS } from "../../../table/filter-names";
import { ASKED, inChunks, PREVIEWED } from "../../../table/run";
import { readListSearch } from "../../../table/search";
import { listTwin, option } from "../../../table/twin";
import type { Column, Filter, Given, Preview, RowAction } from "../../../table/types";
import { wordFilter } from "../../../table/word-filter";

export const Route = createFileRoute("/_app/agents/")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, AGENT_FILTERS),
  component: Agents,
});

const STATES = ["pending", "approved", "blocked"];
const ASSOCIATIONS = ["associated", "dissociated", "none"];

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
            <Tooltip
              label={
                row.former_resource
                  ? t("pages.agents.former", { name: row.former_resource.name })
                  : t("pages.agents.naHint")
              }
            >
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
        id: "association",
        label: t("pages.agents.association"),
        text: (row) =>
          [word("association", row.association), word("limit", row.limit)].join(" ").trim(),
        cell: (row) => (
          <Group gap={6}>
            {row.association !== "none" && <State kind="association" value={row.association} />}
            {row.look_every_min != null && (
              <Text span size="sm" c="dimmed">
                {t("pages.agents.every", { count: row.look_every_min })}
              </Text>
            )}
            <State
              kind="limit"
              value={row.limit}
              help={row.limit ? word("limitHelp", row.limit) : undefined}
            />
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
      wordFilter(word, "state", t("pages.agents.approval"), "device", STATES),
      {
        id: "association",
        label: t("pages.agents.association"),
        options: ASSOCIATIONS.map((value) => ({ value, label: word("association", value) })),
      },
    ],
    [t, word],
  );
  const [remapped, setRemapped] = useState<Device>();
  const params = (row: Device) => ({ path: { id: row.id } });
  const preview =
    (action: "associate" | "dissociate") =>
    async (rows: Device[], { amount }: Given): Promise<Preview> => {
      const looked = rows.slice(0, PREVIEWED).map((row) => row.id);
      const interval = action === "dissociate" ? { interval_min: amount } : {};
      const parts = await inChunks(looked, ASKED, (agents) =>
        body(
          api.POST("/api/v1/agents/bulk", { body: { action, agents, ...interval, dry_run: true } }),
        ),
      );
      const sum = (what: "changed" | "unchanged" | "refused") =>
        parts.reduce((all, part) => all + part[what], 0);
      return {
        changed: sum("changed"),
        unchanged: sum("unchanged"),
        refused: sum("refused"),
        looked: looked.length,
      };
    };
  const actions: RowAction<Device>[] = [
    {
      id: "associate",
      label: t("pages.agents.associate"),
      icon: <IconLink size={16} aria-hidden="true" />,
      explain: t("pages.agents.associateExplain"),
      applies: (row) => row.association === "dissociated" && !row.limit,
      otherwise: t("pages.agents.notDissociated"),
      preview: preview("associate"),
      run: (row) => body(api.POST("/api/v1/agents/{id}/associate", { params: params(row) })),
    },
    {
      id: "dissociate",
      label: t("pages.agents.dissociate"),
      icon: <IconUnlink size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.agents.dissociateExplain"),
      applies: (row) => row.association !== "none" && !row.limit,
      otherwise: t("pages.agents.notAssociated"),
      amount: {
        label: t("pages.agents.interval"),
        hint: t("pages.agents.intervalHint"),
        suffix: t("pages.agents.minutes"),
        min: 1,
        max: 1440,
        start: 60,
      },
      preview: preview("dissociate"),
      run: (row, { amount }) =>
        body(
          api.POST("/api/v1/agents/{id}/dissociate", {
            params: params(row),
            body: { interval_min: amount },
          }),
        ),
    },
    {
      id: "delete",
      label: t("pages.agents.delete"),
      icon: <IconTrash size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.agents.deleteExplain"),
      applies: (row) => !row.resource,
      otherwise: t("pages.agents.resourceFirst"),
      run: (row) => api.DELETE("/api/v1/agents/{id}", { params: params(row) }),
    },
  ];
  const twin = listTwin("/agents", "sekisho agents list", search, {
    association: option("--association", search.association),
  });
  twin.commands.push(
    "sekisho agents dissociate HOST --interval 60",
    "sekisho agents associate HOST",
    "sekisho agents remap HOST --to RESOURCE",
    "sekisho agents delete HOST",
  );
  return (
    <>
      <PageHead title={t("pages.agents.title")} about={t("pages.agents.about")} twin={twin} />
      <AgentsTabs at="/agents" />
      <DataTable<Device>
        name="agents"
        what={t("pages.agents.title")}
        columns={columns}
        filters={filters}
        actions={actions}
        rowVerbs={(row, run) => (
          <>
            {run}
            {!row.limit && !row.resource && (
              <Menu.Item
                leftSection={<IconArrowsExchange size={16} aria-hidden="true" />}
                onClick={() => setRemapped(row)}
              >
                {t("pages.agents.remap")}
              </Menu.Item>
            )}
          </>
        )}
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
      {remapped && <RemapDialog agent={remapped} onClose={() => setRemapped(undefined)} />}
    </>
  );
}
