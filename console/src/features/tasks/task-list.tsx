//! Orders as a list.
import { Anchor, Group, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Order } from "../../api/client";
import { Ago } from "../../parts/time";
import { State, useWord } from "../../parts/words";
import { DataTable } from "../../table/data-table";
import type { Column, Filter, RowAction } from "../../table/types";

const STATES = [
  "queued",
  "delivered",
  "indeterminate",
  "reconciling",
  "committed",
  "not_applied",
  "out_of_sync",
  "cancelled",
  "expired",
] as const;

export function TaskList({ fixed }: { fixed?: Record<string, string> }) {
  const { t } = useTranslation();
  const word = useWord();
  const columns = useMemo<Column<Order>[]>(
    () => [
      {
        id: "operation",
        label: t("pages.tasks.operation"),
        primary: true,
        text: (row) =>
          `${word("operation", row.operation)}: ${row.account ? `${row.resource.name}/${row.account.name}` : row.resource.name}`,
        cell: (row) => (
          <Anchor
            component={Link}
            to="."
            search={((now: object) => ({ ...now, open: row.id })) as never}
            fw={550}
          >
            {word("operation", row.operation)}
          </Anchor>
        ),
      },
      {
        id: "target",
        label: t("pages.tasks.target"),
        text: (row) =>
          row.account ? `${row.resource.name}/${row.account.name}` : row.resource.name,
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
        id: "state",
        label: t("pages.tasks.state"),
        text: (row) => [word("order", row.state), word("orderHeld", row.held)].join(" ").trim(),
        cell: (row) => (
          <Group gap={6}>
            <State kind="order" value={row.state} />
            <State kind="orderHeld" value={row.held} />
          </Group>
        ),
      },
      {
        id: "by",
        label: t("pages.tasks.by"),
        text: (row) => row.initiator?.name ?? t("pages.tasks.server"),
        cell: (row) =>
          row.initiator?.name ?? (
            <Text c="dimmed" size="sm">
              {t("pages.tasks.server")}
            </Text>
          ),
      },
      {
        id: "reason",
        wide: true,
        label: t("pages.tasks.reason"),
        text: (row) => row.reason,
        cell: (row) => (
          <Text size="sm" lineClamp={2} maw={320}>
            <bdi>{row.reason}</bdi>
          </Text>
        ),
      },
      {
        id: "created",
        label: t("pages.tasks.created"),
        sort: "created_at",
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
      {
        id: "finished",
        label: t("pages.tasks.finished"),
        text: (row) => row.finished_at ?? "",
        cell: (row) => <Ago value={row.finished_at} none="–" />,
      },
      {
        id: "delivered",
        label: t("pages.tasks.delivered"),
        hidden: true,
        text: (row) => row.delivered_at ?? "",
        cell: (row) => <Ago value={row.delivered_at} none="–" />,
      },
      {
        id: "attempt",
        label: t("pages.tasks.attempt"),
        hidden: true,
        align: "right",
        text: (row) => String(row.attempt),
        cell: (row) => row.attempt,
      },
    ],
    [t, word],
  );
  const filters = useMemo<Filter[]>(
    () => [
      {
        id: "state",
        label: t("pages.tasks.state"),
        options: [
          { value: "open", label: t("pages.tasks.open") },
          ...STATES.map((state) => ({ value: state, label: word("order", state) })),
        ],
      },
      {
        id: "mine",
        label: t("pages.tasks.by"),
        options: [{ value: "true", label: t("pages.tasks.mine") }],
      },
    ],
    [t, word],
  );
  const actions: RowAction<Order>[] = [
    {
      id: "cancel",
      label: t("pages.tasks.cancel"),
      icon: <IconX size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.tasks.cancelledText"),
      applies: (row) => row.state === "queued" || row.state === "staged",
      otherwise: t("pages.tasks.delivered"),
      run: (row) =>
        body(api.POST("/api/v1/orders/{id}/cancel", { params: { path: { id: row.id } } })),
    },
  ];
  return (
    <DataTable<Order>
      name="orders"
      what={t("pages.tasks.title")}
      columns={columns}
      filters={filters}
      {...(fixed ? { fixed } : {})}
      read={(query, signal) =>
        body(api.GET("/api/v1/orders", { params: { query: query as never }, signal }))
      }
      csv="/orders.csv"
      rowId={(row) => row.id}
      actions={actions}
      empty={<Text c="dimmed">{t("pages.tasks.empty")}</Text>}
    />
  );
}
