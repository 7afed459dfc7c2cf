//! The groups inside a group, and those it stands in.
import { Anchor, Button, List, Group as Row, Stack, Text } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Group } from "../../api/client";
import { AddMany } from "../../table/add-many";
import { DataTable } from "../../table/data-table";
import type { Column, RowAction } from "../../table/types";

type Inner = Group["inner"][number];

export function GroupLink({ group }: { group: Inner }) {
  return (
    <Anchor component={Link} to="/resources/groups/$id" params={{ id: group.id } as never} fw={550}>
      <bdi>{group.name}</bdi>
    </Anchor>
  );
}

export function InnerGroups({ group, edits }: { group: Group; edits: boolean }) {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const columns = useMemo<Column<Inner>[]>(
    () => [
      {
        id: "name",
        label: t("pages.groups.name"),
        primary: true,
        text: (row) => row.name,
        cell: (row) => <GroupLink group={row} />,
      },
    ],
    [t],
  );
  const actions: RowAction<Inner>[] = edits
    ? [
        {
          id: "unnest",
          label: t("pages.groups.unnest"),
          icon: <IconX size={16} aria-hidden="true" />,
          danger: true,
          explain: t("pages.groups.unnestExplain"),
          run: (row) =>
            api.DELETE("/api/v1/resource-groups/{id}/groups/{inner}", {
              params: { path: { id: group.id, inner: row.id } },
            }),
        },
      ]
    : [];
  return (
    <Stack>
      {group.outer.length > 0 && (
        <div>
          <Text size="sm">{t("pages.groups.outer")}</Text>
          <List size="sm">
            {group.outer.map((outer) => (
              <List.Item key={outer.id}>
                <GroupLink group={outer} />
              </List.Item>
            ))}
          </List>
        </div>
      )}
      {edits && (
        <Row justify="flex-end">
          <Button
            leftSection={<IconPlus size={17} aria-hidden="true" />}
            onClick={() => setAdding(true)}
          >
            {t("pages.groups.nest")}
          </Button>
        </Row>
      )}
      <DataTable<Inner>
        name="groups"
        what={t("pages.groups.inner")}
        columns={columns}
        searchable={false}
        counted={false}
        fixed={{ inside: group.id }}
        read={async (_query, signal) => {
          const params = { path: { id: group.id } };
          const now = await body(api.GET("/api/v1/resource-groups/{id}", { params, signal }));
          return { items: now.inner };
        }}
        rowId={(row) => row.id}
        actions={actions}
        empty={<Text c="dimmed">{t("pages.groups.noInner")}</Text>}
      />
      {adding && (
        <AddMany
          title={t("pages.groups.nest")}
          explain={t("pages.groups.nestExplain", { name: group.name })}
          label={t("pages.groups.title")}
          name="groups"
          find={async (q, signal) => {
            const query = { ...(q ? { q } : {}), limit: 50 };
            const found = await body(
              api.GET("/api/v1/resource-groups", { params: { query }, signal }),
            );
            // Only groups of one owner stand inside each other.
            return found.items.filter(
              ({ id, owner }) =>
                id !== group.id &&
                owner.id === group.owner.id &&
                !group.inner.some((inner) => inner.id === id),
            );
          }}
          add={(inner) =>
            api.PUT("/api/v1/resource-groups/{id}/groups/{inner}", {
              params: { path: { id: group.id, inner } },
            })
          }
          touches={["groups", "resources"]}
          onClose={() => setAdding(false)}
        />
      )}
    </Stack>
  );
}
