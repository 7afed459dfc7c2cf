import { Button, Group, Text } from "@mantine/core";
import { IconPlus, IconZoomScan } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Resource } from "../../../api/client";
import { groups as groupsQuery, me as meQuery } from "../../../api/queries";
import { useResourceColumns, useResourceFilters } from "../../../features/resources/columns";
import { ResourceForm } from "../../../features/resources/resource-form";
import { useTransfer } from "../../../features/resources/transfer";
import { ResourcesTabs } from "../../../features/tabs";
import { PageHead } from "../../../parts/page";
import { may } from "../../../shell/nav";
import { DataTable } from "../../../table/data-table";
import { RESOURCE_FILTERS } from "../../../table/filter-names";
import { readListSearch } from "../../../table/search";
import { listTwin, option } from "../../../table/twin";
import type { Filter, RowAction } from "../../../table/types";

export const Route = createFileRoute("/_app/resources/")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, RESOURCE_FILTERS),
  component: Resources,
});

function Resources() {
  const { t } = useTranslation();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const { data: me } = useQuery(meQuery);
  const columns = useResourceColumns();
  const groups = useQuery(groupsQuery);
  const narrowing = useResourceFilters();
  const filters = useMemo<Filter[]>(() => {
    const options = (groups.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
    if (options.length === 0 && !search.group) return narrowing;
    return [...narrowing, { id: "group", label: t("pages.resources.group"), options }];
  }, [groups.data, narrowing, search.group, t]);
  const transfer = useTransfer();
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
        transfer,
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
  const twin = listTwin("/resources", "sekisho resources list", search, {
    q: option("--search", search.q),
  });
  twin.requests.push({
    method: "POST",
    path: "/resources/transfer",
    body: { to: "USER_ID", resources: ["RESOURCE_ID"], dry_run: true },
  });
  twin.commands.push("sekisho resources transfer RESOURCE… --to USER --dry-run");
  return (
    <>
      <PageHead
        title={t("pages.resources.title")}
        about={t("pages.resources.about")}
        actions={add}
        twin={twin}
      />
      <ResourcesTabs at="/resources" />
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
