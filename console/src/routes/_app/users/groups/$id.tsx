import { ActionIcon, Anchor, Button, Group, Menu, Stack, Text } from "@mantine/core";
import {
  IconDotsVertical,
  IconPencil,
  IconPlus,
  IconTrash,
  IconUserMinus,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, etag, type User, type UserGroup } from "../../../../api/client";
import { me as meQuery, userGroup as userGroupQuery } from "../../../../api/queries";
import { AuditList } from "../../../../features/audit/audit-list";
import { useRoleName } from "../../../../features/roles/role-name";
import { UserGroupForm } from "../../../../features/users/user-group-form";
import { DeleteNamed } from "../../../../parts/delete-named";
import { PageHead } from "../../../../parts/page";
import { Loading, LoadProblem } from "../../../../parts/problem";
import { PageTabs } from "../../../../parts/tabs";
import { State, useWord } from "../../../../parts/words";
import { may } from "../../../../shell/nav";
import { quote } from "../../../../shell/twin";
import { AddMany } from "../../../../table/add-many";
import { DataTable } from "../../../../table/data-table";
import { AUDIT_FILTERS } from "../../../../table/filter-names";
import { readListSearch } from "../../../../table/search";
import type { Column, RowAction } from "../../../../table/types";

export const Route = createFileRoute("/_app/users/groups/$id")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, AUDIT_FILTERS),
  component: UserGroupPage,
});

function UserGroupPage() {
  const { t } = useTranslation();
  const { id } = Route.useParams();
  const navigate = Route.useNavigate();
  const { data: me } = useQuery(meQuery);
  const { data, error, refetch } = useQuery(userGroupQuery(id));
  const [dialog, setDialog] = useState<"edit" | "delete">();
  if (error && !data) return <LoadProblem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  const name = quote(data.name);
  return (
    <>
      <PageHead
        title={data.name}
        {...(data.description ? { about: data.description } : {})}
        above={
          <Anchor component={Link} to="/users/groups" size="sm">
            {t("pages.userGroups.title")}
          </Anchor>
        }
        actions={
          <>
            <Button
              variant="default"
              leftSection={<IconPencil size={17} aria-hidden="true" />}
              onClick={() => setDialog("edit")}
            >
              {t("pages.users.edit")}
            </Button>
            <Menu position="bottom-end">
              <Menu.Target>
                <ActionIcon variant="default" size={36} aria-label={t("common.more")}>
                  <IconDotsVertical size={18} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  color="red"
                  leftSection={<IconTrash size={16} aria-hidden="true" />}
                  onClick={() => setDialog("delete")}
                >
                  {t("pages.userGroups.delete")}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        }
        twin={{
          requests: [
            { method: "GET", path: `/user-groups/${id}` },
            { method: "GET", path: `/user-groups/${id}/members` },
            { method: "PUT", path: `/user-groups/${id}/members/USER_ID` },
            { method: "DELETE", path: `/user-groups/${id}/members/USER_ID` },
          ],
          commands: [
            `sekisho user-groups show ${name}`,
            `sekisho user-groups add ${name} USER`,
            `sekisho user-groups remove ${name} USER`,
          ],
        }}
      />
      <PageTabs
        label={data.name}
        tabs={[
          {
            id: "members",
            label: `${t("pages.userGroups.members")} (${data.members})`,
            content: () => <Members group={data} />,
          },
          ...(may(me, "view_audit")
            ? [
                {
                  id: "audit",
                  label: t("pages.resources.tabs.audit"),
                  content: () => <AuditList about={{ q: id }} />,
                },
              ]
            : []),
        ]}
      />
      {dialog === "edit" && <UserGroupForm group={data} onClose={() => setDialog(undefined)} />}
      {dialog === "delete" && (
        <DeleteNamed
          title={t("pages.userGroups.delete")}
          explain={t("pages.userGroups.deleteExplain")}
          name={data.name}
          remove={() =>
            api.DELETE("/api/v1/user-groups/{id}", {
              params: { path: { id }, header: { "If-Match": etag(data) } },
            })
          }
          touches={[["user-groups", "list"], ["shares"]]}
          onClose={() => setDialog(undefined)}
          onDeleted={() => void navigate({ to: "/users/groups" })}
        />
      )}
    </>
  );
}

function Members({ group }: { group: UserGroup }) {
  const { t } = useTranslation();
  const word = useWord();
  const roleName = useRoleName();
  const [adding, setAdding] = useState(false);
  const columns = useMemo<Column<User>[]>(
    () => [
      {
        id: "name",
        label: t("pages.users.name"),
        primary: true,
        text: (row) => row.name,
        cell: (row) => (
          <Anchor component={Link} to="/users" search={{ q: row.name } as never} fw={550}>
            <bdi>{row.name}</bdi>
          </Anchor>
        ),
      },
      {
        id: "display",
        label: t("pages.users.displayName"),
        text: (row) => row.display_name,
        cell: (row) => <bdi>{row.display_name}</bdi>,
      },
      {
        id: "role",
        label: t("pages.users.role"),
        text: (row) => roleName(row.role),
        cell: (row) => <bdi>{roleName(row.role)}</bdi>,
      },
      {
        id: "state",
        label: t("pages.users.state"),
        text: (row) => word("user", row.state),
        cell: (row) => <State kind="user" value={row.state} />,
      },
    ],
    [t, word, roleName],
  );
  const actions: RowAction<User>[] = [
    {
      id: "remove",
      label: t("pages.userGroups.remove"),
      icon: <IconUserMinus size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.userGroups.removeExplain"),
      run: (row) =>
        api.DELETE("/api/v1/user-groups/{id}/members/{user}", {
          params: { path: { id: group.id, user: row.id } },
        }),
    },
  ];
  return (
    <Stack>
      <Group justify="flex-end">
        <Button
          leftSection={<IconPlus size={17} aria-hidden="true" />}
          onClick={() => setAdding(true)}
        >
          {t("pages.userGroups.addMembers")}
        </Button>
      </Group>
      <DataTable<User>
        name="user-groups"
        what={t("pages.userGroups.members")}
        columns={columns}
        fixed={{ of: group.id }}
        read={({ of: _, ...query }, signal) =>
          body(
            api.GET("/api/v1/user-groups/{id}/members", {
              params: { path: { id: group.id }, query: query as never },
              signal,
            }),
          )
        }
        rowId={(row) => row.id}
        actions={actions}
        empty={<Text c="dimmed">{t("pages.userGroups.noMembers")}</Text>}
      />
      {adding && (
        <AddMany
          title={t("pages.userGroups.addMembers")}
          explain={t("pages.userGroups.addExplain", { name: group.name })}
          label={t("pages.users.title")}
          name="users"
          find={async (q, signal) => {
            const query = { ...(q ? { q } : {}), limit: 50 };
            const found = await body(api.GET("/api/v1/users", { params: { query }, signal }));
            return found.items.map(({ id, name, display_name: hint }) => ({ id, name, hint }));
          }}
          add={(user) =>
            api.PUT("/api/v1/user-groups/{id}/members/{user}", {
              params: { path: { id: group.id, user } },
            })
          }
          touches={["user-groups"]}
          onClose={() => setAdding(false)}
        />
      )}
    </Stack>
  );
}
