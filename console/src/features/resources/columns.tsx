//! What lists of resources show, and by what they are narrowed.
import { Anchor, Badge, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Resource } from "../../api/client";
import { Ago } from "../../parts/time";
import { State, useWord } from "../../parts/words";
import type { Column, Filter } from "../../table/types";
import { wordFilter } from "../../table/word-filter";

const SERVED = ["active", "inactive", "pending", "blocked", "none"];
const PLATFORMS = ["linux", "windows", "windows_domain"];

export function useResourceColumns(): Column<Resource>[] {
  const { t } = useTranslation();
  const word = useWord();
  return useMemo<Column<Resource>[]>(
    () => [
      {
        id: "name",
        label: t("pages.resources.name"),
        sort: "name",
        primary: true,
        minWidth: 160,
        text: (row) => row.name,
        cell: (row) => (
          <Anchor component={Link} to="/resources/$id" params={{ id: row.id } as never} fw={550}>
            <bdi>{row.name}</bdi>
          </Anchor>
        ),
      },
      {
        id: "platform",
        label: t("pages.resources.platform"),
        sort: "platform",
        text: (row) => word("platform", row.platform),
        cell: (row) => word("platform", row.platform),
      },
      {
        id: "dns",
        label: t("pages.resources.dns"),
        sort: "dns_name",
        text: (row) => row.dns_name ?? "",
        cell: (row) => row.dns_name ?? "–",
      },
      {
        id: "accounts",
        label: t("pages.resources.accounts"),
        text: (row) => String(row.accounts.total),
        cell: (row) => (
          <Group gap={6}>
            <span>{row.accounts.total}</span>
            {row.accounts.out_of_sync > 0 && (
              <Badge className="state state-bad" leftSection={<span aria-hidden="true">■</span>}>
                {t("pages.resources.outOfSync", { count: row.accounts.out_of_sync })}
              </Badge>
            )}
          </Group>
        ),
      },
      {
        id: "agent",
        label: t("pages.resources.agent"),
        text: (row) =>
          row.device
            ? word("agent", row.device.active ? "active" : "inactive")
            : t("pages.resources.noAgent"),
        cell: (row) =>
          row.device ? (
            <Group gap={6}>
              {row.device.state === "approved" ? (
                <State kind="agent" value={row.device.active ? "active" : "inactive"} />
              ) : (
                <State kind="device" value={row.device.state} />
              )}
            </Group>
          ) : (
            <Text c="dimmed" size="sm">
              {t("pages.resources.noAgent")}
            </Text>
          ),
      },
      {
        id: "seen",
        label: t("pages.resources.lastSeen"),
        text: (row) => row.device?.last_seen_at ?? "",
        cell: (row) => <Ago value={row.device?.last_seen_at} none="–" />,
      },
      {
        id: "owner",
        label: t("pages.resources.owner"),
        text: (row) => row.owner.name,
        cell: (row) => row.owner.name,
      },
      {
        id: "policy",
        label: t("pages.resources.policy"),
        hidden: true,
        text: (row) => row.policy?.name ?? "",
        cell: (row) => row.policy?.name ?? t("pages.resources.defaultPolicy"),
      },
      {
        id: "created",
        label: t("pages.resources.created"),
        sort: "created_at",
        hidden: true,
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
    ],
    [t, word],
  );
}

export function useResourceFilters(): Filter[] {
  const { t } = useTranslation();
  const word = useWord();
  return useMemo<Filter[]>(
    () => [
      wordFilter(word, "agent", t("pages.resources.agent"), "served", SERVED),
      wordFilter(word, "platform", t("pages.resources.platform"), "platform", PLATFORMS),
      {
        id: "out_of_sync",
        label: t("pages.accounts.state"),
        options: [{ value: "true", label: word("knowledge", "out_of_sync") }],
      },
    ],
    [t, word],
  );
}
