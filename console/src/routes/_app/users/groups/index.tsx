import { Anchor, Button, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type UserGroup } from "../../../../api/client";
import { UsersTabs } from "../../../../features/tabs";
import { UserGroupForm } from "../../../../features/users/user-group-form";
import { PageHead } from "../../../../parts/page";
import { Ago } from "../../../../parts/time";
import { DataTable } from "../../../../table/data-table";
import { readListSearch } from "../../../../table/search";
import { listTwin, option } from "../../../../table/twin";
import type { Column } from "../../../../table/types";

export const Route = createFileRoute("/_app/users/groups/")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, []),
  component: UserGroups,
});

function UserGroups() {
  const { t } = useTranslation();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const columns = useMemo<Column<UserGroup>[]>(
    () => [
      {
        id: "name",
        label: t("pages.userGroups.name"),
        primary: true,
        minWidth: 160,
        text: (row) => row.name,
        cell: (row) => (
          <Anchor component={Link} to="/users/groups/$id" params={{ id: row.id } as never} fw={550}>
            <bdi>{row.name}</bdi>
          </Anchor>
        ),
      },
      {
        id: "description",
        label: t("pages.userGroups.description"),
        wide: true,
        text: (row) => row.description,
        cell: (row) => <bdi>{row.description || "–"}</bdi>,
      },
      {
        id: "members",
        label: t("pages.userGroups.members"),
        align: "right",
        text: (row) => String(row.members),
        cell: (row) => row.members,
      },
      {
        id: "created",
        label: t("pages.userGroups.since"),
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
    ],
    [t],
  );
  const showForm = (on: boolean) =>
    void navigate({
      search: (now) => ({ ...now, new: on ? (true as const) : undefined }),
      replace: true,
    });
  const add = (
    <Button leftSection={<IconPlus size={17} aria-hidden="true" />} onClick={() => showForm(true)}>
      {t("pages.userGroups.add")}
    </Button>
  );
  const twin = listTwin("/user-groups", "sekisho user-groups list", search, {
    q: option("--search", search.q),
  });
  twin.commands.push(
    "sekisho user-groups create operators",
    "sekisho user-groups add operators bob",
  );
  return (
    <>
      <PageHead
        title={t("pages.userGroups.title")}
        about={t("pages.userGroups.about")}
        actions={add}
        twin={twin}
      />
      <UsersTabs at="/users/groups" />
      <DataTable<UserGroup>
        name="user-groups"
        what={t("pages.userGroups.title")}
        columns={columns}
        read={(query, signal) =>
          body(api.GET("/api/v1/user-groups", { params: { query: query as never }, signal }))
        }
        rowId={(row) => row.id}
        onOpen={(row) => void navigate({ to: "/users/groups/$id", params: { id: row.id } })}
        empty={
          <>
            <Text c="dimmed">{t("pages.userGroups.empty")}</Text>
            {add}
          </>
        }
      />
      {search.new && (
        <UserGroupForm
          onClose={() => showForm(false)}
          onCreated={(group) =>
            void navigate({ to: "/users/groups/$id", params: { id: group.id } })
          }
        />
      )}
    </>
  );
}
