import {
  ActionIcon,
  Badge,
  Button,
  Group,
  Menu,
  Select,
  Stack,
  Table,
  Text,
  Title,
} from "@mantine/core";
import { IconDotsVertical, IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, etag, type Role } from "../../api/client";
import {
  me as meQuery,
  permissions as permissionsQuery,
  roles as rolesQuery,
} from "../../api/queries";
import { ProposalCard } from "../../features/roles/proposal";
import { RoleForm } from "../../features/roles/role-form";
import { useRoleName } from "../../features/roles/role-name";
import { PageHead } from "../../parts/page";
import { Loading, LoadProblem, ProblemAlert } from "../../parts/problem";
import { Wide } from "../../parts/wide";
import { useWord } from "../../parts/words";

export const Route = createFileRoute("/_app/roles")({ component: Roles });

function Roles() {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery);
  const roles = useQuery(rolesQuery);
  const permissions = useQuery(permissionsQuery);
  const client = useQueryClient();
  const [form, setForm] = useState<{ role?: Role }>();
  const remove = useMutation({
    mutationFn: (role: Role) =>
      body(
        api.DELETE("/api/v1/roles/{id}", {
          params: { path: { id: role.role }, header: { "If-Match": etag(role) } },
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: ["roles"] }),
  });
  const error = roles.error ?? permissions.error;
  if (error && !(roles.data && permissions.data)) {
    return <LoadProblem error={error} onRetry={() => void client.invalidateQueries()} />;
  }
  if (!roles.data || !permissions.data) return <Loading />;
  const all = roles.data.items;
  const waiting = all.filter((role) => role.proposal);
  return (
    <>
      <PageHead
        title={t("pages.roles.title")}
        about={t("pages.roles.about")}
        twin={{
          requests: [
            { method: "GET", path: "/roles" },
            { method: "GET", path: "/permissions" },
          ],
          commands: ["sekisho roles list", "sekisho roles can password_user"],
        }}
        actions={
          <Button
            leftSection={<IconPlus size={17} aria-hidden="true" />}
            onClick={() => setForm({})}
          >
            {t("pages.roles.add")}
          </Button>
        }
      />
      <Stack gap="xl">
        {remove.error && <ProblemAlert error={remove.error} />}
        {waiting.map((role) => (
          <ProposalCard key={role.role} role={role} mine={role.proposal?.by?.id === me?.user.id} />
        ))}
        <Matrix
          roles={all.filter((role) => role.in_force)}
          permissions={permissions.data.items.map((one) => one.permission)}
          onEdit={(role) => setForm({ role })}
          onRemove={(role) => remove.mutate(role)}
        />
        <Can roles={all.filter((role) => role.in_force)} />
      </Stack>
      {form && (
        <RoleForm
          {...form}
          permissions={permissions.data.items}
          onClose={() => setForm(undefined)}
        />
      )}
    </>
  );
}

interface MatrixProps {
  roles: Role[];
  permissions: string[];
  onEdit: (role: Role) => void;
  onRemove: (role: Role) => void;
}

function Matrix({ roles, permissions, onEdit, onRemove }: MatrixProps) {
  const { t } = useTranslation();
  const name = useRoleName();
  return (
    <Wide minWidth={640} label={t("pages.roles.matrix")}>
      <Table stickyHeader={false} withColumnBorders>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("pages.roles.permissions")}</Table.Th>
            {roles.map((role) => (
              <Table.Th key={role.role} scope="col" ta="center">
                <Group gap={4} justify="center" wrap="nowrap">
                  <bdi>{name(role.role)}</bdi>
                  {!role.built_in && (
                    <Menu position="bottom-end">
                      <Menu.Target>
                        <ActionIcon
                          variant="subtle"
                          size={28}
                          aria-label={t("pages.roles.verbs", { name: role.name })}
                        >
                          <IconDotsVertical size={16} />
                        </ActionIcon>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item
                          leftSection={<IconPencil size={16} aria-hidden="true" />}
                          onClick={() => onEdit(role)}
                        >
                          {t("pages.roles.change")}
                        </Menu.Item>
                        <Menu.Item
                          color="red"
                          disabled={(role.users ?? 0) > 0}
                          leftSection={<IconTrash size={16} aria-hidden="true" />}
                          onClick={() => onRemove(role)}
                        >
                          {t("pages.roles.remove")}
                        </Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  )}
                </Group>
                <Text size="xs" c="dimmed" fw={400}>
                  {t("pages.roles.users", { count: role.users ?? 0 })}
                </Text>
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {permissions.map((permission) => (
            <Table.Tr key={permission}>
              <Table.Th scope="row" fw={400}>
                {t(`pages.permission.${permission}` as never, { defaultValue: permission })}
              </Table.Th>
              {roles.map((role) => (
                <Table.Td key={role.role} ta="center">
                  {role.permissions.includes(permission) ? (
                    <span role="img" aria-label={t("pages.roles.yes")}>
                      ●
                    </span>
                  ) : (
                    <Text span c="dimmed" role="img" aria-label={t("pages.roles.no")}>
                      –
                    </Text>
                  )}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

/** What a role can do, action by action. */
function Can({ roles }: { roles: Role[] }) {
  const { t } = useTranslation();
  const word = useWord();
  const name = useRoleName();
  const [role, setRole] = useState<string | null>("password_user");
  const told = useQuery({
    queryKey: ["roles", "actions", role],
    enabled: role !== null,
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/roles/{id}/actions", { params: { path: { id: role ?? "" } }, signal })),
  });
  return (
    <Stack>
      <Title order={2} size="h4">
        {t("pages.roles.can")}
      </Title>
      <Select
        label={t("pages.roles.one")}
        allowDeselect={false}
        maw={360}
        data={roles.map((one) => ({ value: one.role, label: name(one.role) }))}
        value={role}
        onChange={setRole}
      />
      {told.error && <ProblemAlert error={told.error} onRetry={() => void told.refetch()} />}
      {told.isLoading && <Loading />}
      {told.data && (
        <Wide minWidth={560} label={t("pages.roles.can")}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("pages.sharing.explain.action")}</Table.Th>
                <Table.Th>{t("pages.roles.ownThings")}</Table.Th>
                <Table.Th>{t("pages.roles.sharedThings")}</Table.Th>
                <Table.Th>{t("pages.roles.otherThings")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {told.data.items.map((one) => (
                <Table.Tr key={one.action}>
                  <Table.Th scope="row" fw={400}>
                    {word("action", one.action)}
                  </Table.Th>
                  <Table.Td>
                    <YesNo yes={one.own} />
                  </Table.Td>
                  <Table.Td>
                    {one.shared
                      ? t("pages.roles.from", { level: word("level", one.shared) })
                      : t("pages.roles.no")}
                  </Table.Td>
                  <Table.Td>
                    <YesNo yes={one.foreign} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Stack>
  );
}

function YesNo({ yes }: { yes: boolean }) {
  const { t } = useTranslation();
  return (
    <Badge
      className={`state state-${yes ? "good" : "quiet"}`}
      leftSection={<span aria-hidden="true">{yes ? "●" : "○"}</span>}
    >
      {yes ? t("pages.roles.yes") : t("pages.roles.no")}
    </Badge>
  );
}
