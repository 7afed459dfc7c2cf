import { Anchor, Badge, Button, Group, Text } from "@mantine/core";
import { IconPlus, IconZoomScan } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Resource } from "../../../api/client";
import { me as meQuery } from "../../../api/queries";
import { ResourceForm } from "../../../features/resources/resource-form";
import { PageHead } from "../../../parts/page";
import { Ago } from "../../../parts/time";
import { State, useWord } from "../../../parts/words";
import { may } from "../../../shell/nav";
import { DataTable } from "../../../table/data-table";
import { RESOURCE_FILTERS } from "../../../table/filter-names";
import { readListSearch } from "../../../table/search";
import { listTwin, option } from "../../../table/twin";
import type { Column, Filter, RowAction } from "../../../table/types";
import { wordFilter } from "../../../table/word-filter";

export const Route = createFileRoute("/_app/resources/")({
  validateSearch: (search: Record<string, unknown>) =>
    readListSearch(search, ["group", ...RESOURCE_FILTERS]),
  component: Resources,
});

const SERVED = ["active", "inactive", "pending", "blocked", "none"];
const PLATFORMS = ["linux", "windows", "windows_domain"];

function Resources() {
  const { t } = useTranslation();
  const word = useWord();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const { data: me } = useQuery(meQuery);
  const columns = useMemo<Column<Resource>[]>(
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
  const filters = useMemo<Filter[]>(
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
  const actions: RowAction<Resource>[] = may(me, "edit_resources")
    ? [
        {
          id: "discover",
          label: t("pages.resources.discover"),
          icon: <IconZoomScan size={16} aria-hidden="true" />,
          explain: t("pages.home.start.accountsHint"),
          applies: (row) => row.device?.state === "approved",
          otherwise: t("pages.resources.noAgent"),
          run: (row) =>
            body(
              api.POST("/api/v1/resources/{id}/discover", {
                params: { path: { id: row.id } },
                body: {},
              }),
            ),
        },
      ]
    : [];
  const showForm = (on: boolean) =>
    void navigate({
      search: (now) => ({ ...now, new: on ? (true as const) : undefined }),
      replace: true,
    });
  const add = may(me, "add_resources") && (
    <Button leftSection={<IconPlus size={17} aria-hidden="true" />} onClick={() => showForm(true)}>
      {t("pages.resources.add")}
    </Button>
  );
  return (
    <>
      <PageHead
        title={t("pages.resources.title")}
        about={t("pages.resources.about")}
        actions={add}
        twin={listTwin("/resources", "sekisho resources list", search, {
          q: option("--search", search.q),
        })}
      />
      <DataTable<Resource>
        name="resources"
        what={t("pages.resources.title")}
        columns={columns}
        filters={filters}
        read={(query, signal) =>
          body(api.GET("/api/v1/resources", { params: { query: query as never }, signal }))
        }
        csv="/resources.csv"
        rowId={(row) => row.id}
        actions={actions}
        onOpen={(row) => void navigate({ to: "/resources/$id", params: { id: row.id } })}
        empty={
          <>
            <Text c="dimmed">{t("pages.resources.empty")}</Text>
            <Group>
              {may(me, "download_agent") && (
                <Button
                  component={Link}
                  to="/agents/keys"
                  search={{ new: true } as never}
                  variant="default"
                >
                  {t("pages.keys.add")}
                </Button>
              )}
              {add}
            </Group>
          </>
        }
      />
      {search.new && (
        <ResourceForm
          onClose={() => showForm(false)}
          onCreated={(resource) =>
            void navigate({ to: "/resources/$id", params: { id: resource.id } })
          }
        />
      )}
    </>
  );
}
