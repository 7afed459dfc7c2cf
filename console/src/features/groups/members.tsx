//! What is in a group of resources: put there by people, taken in by its criteria,
//! or in a group inside it.
import { Button, Group as Row, Stack, Text } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Group, type Page, type Resource } from "../../api/client";
import { AddMany } from "../../table/add-many";
import { DataTable } from "../../table/data-table";
import type { Column, Filter, RowAction } from "../../table/types";
import { useResourceColumns, useResourceFilters } from "../resources/columns";

interface Member extends Resource {
  /** People put it into the group itself. */
  direct: boolean;
}

/** Whether something can be in the group in another way than by people. */
const takesIn = (group: Group) => Boolean(group.criteria) || group.inner.length > 0;

export function Members({ group, edits }: { group: Group; edits: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const resourceColumns = useResourceColumns();
  const narrowing = useResourceFilters();
  const mixed = takesIn(group);
  const columns = useMemo<Column<Member>[]>(() => {
    const how = (row: Member) =>
      row.direct ? t("pages.groups.how.direct") : t("pages.groups.how.itself");
    const [name, ...others] = resourceColumns;
    if (!mixed || !name) return resourceColumns;
    const column = { id: "how", label: t("pages.groups.how.title"), text: how, cell: how };
    return [name, column, ...others];
  }, [t, mixed, resourceColumns]);
  const filters = useMemo<Filter[]>(() => {
    if (!mixed) return narrowing;
    const options = [{ value: "true", label: t("pages.groups.how.direct") }];
    return [...narrowing, { id: "direct", label: t("pages.groups.how.title"), options }];
  }, [t, mixed, narrowing]);
  const read = async (query: object, signal: AbortSignal): Promise<Page<Member>> => {
    const list = (more: object) =>
      body(
        api.GET("/api/v1/resources", {
          params: { query: { ...query, group: group.id, ...more } as never },
          signal,
        }),
      );
    // Both lists are in the same order, so what is direct of this page is in the
    // second one, too.
    const [page, direct] = await Promise.all([
      list({}),
      mixed ? list({ direct: true, count: undefined }) : undefined,
    ]);
    const ids = direct && new Set(direct.items.map(({ id }) => id));
    return {
      ...page,
      items: page.items.map((row) => ({ ...row, direct: ids?.has(row.id) ?? true })),
    };
  };
  const actions: RowAction<Member>[] = edits
    ? [
        {
          id: "remove",
          label: t("pages.groups.remove"),
          icon: <IconX size={16} aria-hidden="true" />,
          danger: true,
          explain: t("pages.groups.removeExplain"),
          applies: (row) => row.direct,
          otherwise: t("pages.groups.notDirect"),
          run: (row) =>
            api.DELETE("/api/v1/resource-groups/{id}/resources/{resource}", {
              params: { path: { id: group.id, resource: row.id } },
            }),
        },
      ]
    : [];
  const add = edits && (
    <Button leftSection={<IconPlus size={17} aria-hidden="true" />} onClick={() => setAdding(true)}>
      {t("pages.groups.addResources")}
    </Button>
  );
  return (
    <Stack>
      {add && <Row justify="flex-end">{add}</Row>}
      <DataTable<Member>
        name="resources"
        what={t("pages.resources.title")}
        columns={columns}
        filters={filters}
        fixed={{ group: group.id }}
        read={read}
        csv="/resources.csv"
        rowId={(row) => row.id}
        actions={actions}
        onOpen={(row) => void navigate({ to: "/resources/$id", params: { id: row.id } })}
        empty={<Text c="dimmed">{t("pages.groups.noMembers")}</Text>}
      />
      {adding && (
        <AddMany
          title={t("pages.groups.addResources")}
          explain={t("pages.groups.addExplain", { name: group.name })}
          label={t("pages.resources.title")}
          name="resources"
          find={async (q, signal) => {
            const query = { ...(q ? { q } : {}), limit: 50 };
            const found = await body(api.GET("/api/v1/resources", { params: { query }, signal }));
            return found.items.map(({ id, name, dns_name: hint }) => ({ id, name, hint }));
          }}
          add={(resource) =>
            api.PUT("/api/v1/resource-groups/{id}/resources/{resource}", {
              params: { path: { id: group.id, resource } },
            })
          }
          touches={["resources", "groups"]}
          onClose={() => setAdding(false)}
        />
      )}
    </Stack>
  );
}
