import { Anchor, Group, Text } from "@mantine/core";
import { IconBan, IconCheck, IconRotate } from "@tabler/icons-react";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Device } from "../../api/client";
import { DeviceDrawer, grouped } from "../../features/devices/device-drawer";
import { PageHead } from "../../parts/page";
import { Ago } from "../../parts/time";
import { State, useWord } from "../../parts/words";
import { DataTable } from "../../table/data-table";
import { DEVICE_FILTERS } from "../../table/filter-names";
import { readListSearch } from "../../table/search";
import { listTwin, option } from "../../table/twin";
import type { Column, Filter, RowAction } from "../../table/types";

export const Route = createFileRoute("/_app/devices")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, DEVICE_FILTERS),
  component: Devices,
});

const STATES = ["pending", "approved", "blocked", "retired"];

function Devices() {
  const { t } = useTranslation();
  const word = useWord();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const columns = useMemo<Column<Device>[]>(
    () => [
      {
        id: "host",
        label: t("pages.devices.host"),
        sort: "host_name",
        primary: true,
        minWidth: 150,
        text: (row) => row.host_name,
        cell: (row) => (
          <Anchor
            component={Link}
            to="."
            search={((now: object) => ({ ...now, open: row.id })) as never}
            fw={550}
          >
            <bdi>{row.host_name}</bdi>
          </Anchor>
        ),
      },
      {
        id: "state",
        label: t("pages.devices.state"),
        sort: "state",
        text: (row) => word("device", row.state),
        cell: (row) => (
          <Group gap={6}>
            <State kind="device" value={row.state} />
            <State kind="suspension" value={row.suspension} />
          </Group>
        ),
      },
      {
        id: "resource",
        label: t("pages.devices.resource"),
        text: (row) => row.resource?.name ?? t("pages.agents.na"),
        cell: (row) =>
          row.resource ? (
            <Anchor
              component={Link}
              to="/resources/$id"
              params={{ id: row.resource.id } as never}
              c="inherit"
            >
              <bdi>{row.resource.name}</bdi>
            </Anchor>
          ) : (
            <Text c="dimmed" size="sm">
              {row.remark ? word("remark", row.remark) : t("pages.agents.na")}
            </Text>
          ),
      },
      {
        id: "platform",
        label: t("pages.devices.platform"),
        sort: "platform",
        text: (row) => word("platform", row.platform),
        cell: (row) => word("platform", row.platform),
      },
      {
        id: "fingerprint",
        label: t("pages.devices.fingerprint"),
        text: (row) => row.fingerprint,
        cell: (row) => (
          <Text className="mono" size="sm" title={grouped(row.fingerprint)}>
            {grouped(row.fingerprint.slice(0, 16))}…
          </Text>
        ),
      },
      {
        id: "seen",
        label: t("pages.devices.lastSeen"),
        sort: "last_seen_at",
        text: (row) => row.last_seen_at ?? "",
        cell: (row) => <Ago value={row.last_seen_at} />,
      },
      {
        id: "enrolled",
        label: t("pages.devices.enrolled"),
        sort: "created_at",
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
      {
        id: "version",
        label: t("pages.devices.version"),
        sort: "agent_version",
        hidden: true,
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
      {
        id: "certificate",
        label: t("pages.devices.certificate"),
        hidden: true,
        text: (row) => row.certificate?.not_after ?? "",
        cell: (row) => <Ago value={row.certificate?.not_after} none="–" />,
      },
    ],
    [t, word],
  );
  const filters = useMemo<Filter[]>(
    () => [
      {
        id: "state",
        label: t("pages.devices.state"),
        options: STATES.map((value) => ({ value, label: word("device", value) })),
      },
      {
        id: "active",
        label: t("pages.agents.activity"),
        options: [
          { value: "true", label: word("agent", "active") },
          { value: "false", label: word("agent", "inactive") },
        ],
      },
    ],
    [t, word],
  );
  const params = (row: Device) => ({ path: { id: row.id } });
  const actions: RowAction<Device>[] = [
    {
      id: "approve",
      label: t("pages.devices.approve"),
      icon: <IconCheck size={16} aria-hidden="true" />,
      explain: t("pages.devices.approveExplain"),
      applies: (row) => row.state === "pending",
      otherwise: t("pages.devices.notPending"),
      run: (row) => body(api.POST("/api/v1/devices/{id}/approve", { params: params(row) })),
    },
    {
      id: "block",
      label: t("pages.devices.block"),
      icon: <IconBan size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.devices.blockExplain"),
      applies: (row) => row.state === "pending" || row.state === "approved",
      otherwise: t("pages.devices.alreadyBlocked"),
      reason: "required",
      run: (row, { reason }) =>
        body(api.POST("/api/v1/devices/{id}/block", { params: params(row), body: { reason } })),
    },
    {
      id: "unblock",
      label: t("pages.devices.unblock"),
      icon: <IconRotate size={16} aria-hidden="true" />,
      explain: t("pages.devices.unblockExplain"),
      applies: (row) => row.state === "blocked",
      otherwise: t("pages.devices.notBlocked"),
      run: (row) => body(api.POST("/api/v1/devices/{id}/unblock", { params: params(row) })),
    },
  ];
  const twin = listTwin("/devices", "sekisho devices list", search, {
    state: option("--state", search.state),
  });
  twin.commands.push("sekisho devices approve HOST", "sekisho devices block HOST --reason '…'");
  return (
    <>
      <PageHead title={t("pages.devices.title")} about={t("pages.devices.about")} twin={twin} />
      <DataTable<Device>
        name="devices"
        what={t("pages.devices.title")}
        columns={columns}
        filters={filters}
        read={(query, signal) =>
          body(api.GET("/api/v1/devices", { params: { query: query as never }, signal }))
        }
        csv="/devices.csv"
        rowId={(row) => row.id}
        actions={actions}
        onOpen={(row) => void navigate({ search: (now) => ({ ...now, open: row.id }) })}
        empty={<Text c="dimmed">{t("pages.devices.empty")}</Text>}
      />
      <DeviceDrawer />
    </>
  );
}
