import { Button, Menu, Text, UnstyledButton } from "@mantine/core";
import {
  IconDeviceMobileOff,
  IconPencil,
  IconPlus,
  IconUserCheck,
  IconUserOff,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type User } from "../../../api/client";
import { me as meQuery, roles as rolesQuery } from "../../../api/queries";
import { useRoleName } from "../../../features/roles/role-name";
import { UsersTabs } from "../../../features/tabs";
import { UserForm } from "../../../features/users/user-form";
import { PageHead } from "../../../parts/page";
import { Ago } from "../../../parts/time";
import { State, useWord } from "../../../parts/words";
import { DataTable } from "../../../table/data-table";
import { USER_FILTERS } from "../../../table/filter-names";
import { readListSearch } from "../../../table/search";
import { listTwin } from "../../../table/twin";
import type { Column, Filter, RowAction } from "../../../table/types";
import { wordFilter } from "../../../table/word-filter";

export const Route = createFileRoute("/_app/users/")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, USER_FILTERS),
  component: Users,
});

function Users() {
  const { t } = useTranslation();
  const word = useWord();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const { data: me } = useQuery(meQuery);
  const { data: roles } = useQuery(rolesQuery);
  const [edited, setEdited] = useState<User>();
  const roleName = useRoleName();
  const columns = useMemo<Column<User>[]>(
    () => [
      {
        id: "name",
        label: t("pages.users.name"),
        sort: "name",
        primary: true,
        minWidth: 150,
        text: (row) => row.name,
        cell: (row) => (
          <UnstyledButton onClick={() => setEdited(row)}>
            <Text fw={550} c="var(--mantine-color-anchor)" size="sm">
              <bdi>{row.name}</bdi>
              {row.id === me?.user.id && (
                <Text span c="dimmed" size="sm" ml={6}>
                  {t("common.you")}
                </Text>
              )}
            </Text>
          </UnstyledButton>
        ),
      },
      {
        id: "display",
        label: t("pages.users.displayName"),
        sort: "display_name",
        text: (row) => row.display_name,
        cell: (row) => <bdi>{row.display_name}</bdi>,
      },
      {
        id: "role",
        label: t("pages.users.role"),
        sort: "role",
        text: (row) => roleName(row.role),
        cell: (row) => <bdi>{roleName(row.role)}</bdi>,
      },
      {
        id: "state",
        label: t("pages.users.state"),
        sort: "state",
        text: (row) => word("user", row.state),
        cell: (row) => <State kind="user" value={row.state} />,
      },
      {
        id: "created",
        label: t("pages.users.created"),
        sort: "created_at",
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
    ],
    [t, word, me, roleName],
  );
  const filters = useMemo<Filter[]>(
    () => [
      {
        id: "role",
        label: t("pages.users.role"),
        options: (roles?.items ?? [])
          .filter((one) => one.in_force)
          .map((one) => ({ value: one.role, label: roleName(one.role) })),
      },
      wordFilter(word, "state", t("pages.users.state"), "user", ["active", "disabled"]),
    ],
    [t, word, roles, roleName],
  );
  const actions: RowAction<User>[] = [
    {
      id: "disable",
      label: t("pages.users.disable"),
      icon: <IconUserOff size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.users.disableExplain"),
      applies: (row) => row.state === "active" && row.id !== me?.user.id,
      otherwise: t("pages.users.alreadyDisabled"),
      run: (row) =>
        body(api.POST("/api/v1/users/{id}/disable", { params: { path: { id: row.id } } })),
    },
    {
      id: "enable",
      label: t("pages.users.enable"),
      icon: <IconUserCheck size={16} aria-hidden="true" />,
      explain: t("pages.users.enableExplain"),
      applies: (row) => row.state === "disabled",
      otherwise: t("pages.users.notDisabled"),
      run: (row) =>
        body(api.POST("/api/v1/users/{id}/enable", { params: { path: { id: row.id } } })),
    },
    {
      id: "reset-second-factor",
      label: t("pages.users.resetFactor"),
      icon: <IconDeviceMobileOff size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.users.resetFactorExplain"),
      applies: (row) => row.id !== me?.user.id,
      otherwise: t("pages.users.ownFactor"),
      run: (row) =>
        api.DELETE("/api/v1/users/{id}/second-factor", { params: { path: { id: row.id } } }),
    },
  ];
  const showForm = (on: boolean) =>
    void navigate({
      search: (now) => ({ ...now, new: on ? (true as const) : undefined }),
      replace: true,
    });
  const twin = listTwin("/users", "sekisho users list", search);
  twin.requests.push({ method: "DELETE", path: "/users/USER_ID/second-factor" });
  twin.requests.push({ method: "DELETE", path: "/users/USER_ID/identities/IDENTITY_ID" });
  twin.commands.push(
    "sekisho users create NAME --role password_user",
    "sekisho second-factor show --user NAME",
    "sekisho second-factor reset NAME",
    "sekisho users identities NAME",
    "sekisho users unlink NAME IDENTITY_ID",
  );
  return (
    <>
      <PageHead
        title={t("pages.users.title")}
        about={t("pages.users.about")}
        twin={twin}
        actions={
          <Button
            leftSection={<IconPlus size={17} aria-hidden="true" />}
            onClick={() => showForm(true)}
          >
            {t("pages.users.add")}
          </Button>
        }
      />
      <UsersTabs at="/users" />
      <DataTable<User>
        name="users"
        what={t("pages.users.title")}
        columns={columns}
        filters={filters}
        read={(query, signal) =>
          body(api.GET("/api/v1/users", { params: { query: query as never }, signal }))
        }
        csv="/users.csv"
        rowId={(row) => row.id}
        actions={actions}
        rowVerbs={(row, run) => (
          <>
            <Menu.Item
              leftSection={<IconPencil size={16} aria-hidden="true" />}
              onClick={() => setEdited(row)}
            >
              {t("pages.users.edit")}
            </Menu.Item>
            {run}
          </>
        )}
        empty={<Text c="dimmed">{t("pages.users.empty")}</Text>}
      />
      {search.new && <UserForm onClose={() => showForm(false)} />}
      {edited && <UserForm user={edited} onClose={() => setEdited(undefined)} />}
    </>
  );
}
