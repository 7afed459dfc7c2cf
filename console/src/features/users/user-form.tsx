//! Adding and editing a user.
import { Button, Group, List, PasswordInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, etag, type User } from "../../api/client";
import { me as meQuery, roles as rolesQuery } from "../../api/queries";
import { normalise } from "../../i18n/format";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { StaleChange } from "../../parts/stale";
import { useStale } from "../../parts/use-stale";
import { useWord } from "../../parts/words";
import { useRoleName } from "../roles/role-name";
import { FactorState } from "./factor-state";
import { LinkedIdentities } from "./linked-identities";

interface Props {
  user?: User;
  onClose: () => void;
}

const MIN_PASSWORD = 12;

export function UserForm({ user, onClose }: Props) {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const roles = useQuery(rolesQuery);
  const self = user !== undefined && user.id === me?.user.id;
  const form = useForm({
    initialValues: {
      name: user?.name ?? "",
      display_name: user?.display_name ?? "",
      role: user?.role ?? "password_user",
      password: "",
    },
    validate: {
      name: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.users.name") }),
      display_name: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.users.displayName") }),
      password: (value) =>
        user || [...value].length >= MIN_PASSWORD ? null : t("pages.me.newHint"),
    },
  });
  const stale = useStale(user, () =>
    body(api.GET("/api/v1/users/{id}", { params: { path: { id: user?.id ?? "" } } })),
  );
  const save = useMutation({
    mutationFn: (against: User | undefined) => {
      const { name, role, password } = form.values;
      const display_name = form.values.display_name.trim();
      if (!against) {
        return body(
          api.POST("/api/v1/users", {
            body: { name: normalise(name), display_name, role, password },
          }),
        );
      }
      return body(
        api.PATCH("/api/v1/users/{id}", {
          params: { path: { id: against.id }, header: { "If-Match": etag(against) } },
          body: { display_name, ...(self ? {} : { role }) },
        }),
      );
    },
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["users"] });
      if (self) await client.invalidateQueries({ queryKey: ["me"] });
      notifications.show({
        color: "teal",
        message: user ? t("common.saved") : t("pages.users.added", { name: saved.name }),
      });
      onClose();
    },
    onError: stale.onError,
  });
  const { theirs } = stale;
  const labels = {
    name: t("pages.users.name"),
    display_name: t("pages.users.displayName"),
    role: t("pages.users.role"),
    password: t("pages.users.password"),
  };
  const roleName = useRoleName();
  const chosen = roles.data?.items.find(({ role }) => role === form.values.role);
  return (
    <Dialog
      onClose={onClose}
      title={user ? t("pages.users.edit") : t("pages.users.add")}
      closeOnClickOutside={!form.isDirty()}
      size={theirs ? "lg" : "md"}
    >
      {theirs ? (
        <StaleChange
          rows={[
            [labels.display_name, form.values.display_name, theirs.display_name],
            [labels.role, roleName(form.values.role), roleName(theirs.role)],
          ]}
          onTake={() => {
            form.setValues({ display_name: theirs.display_name, role: theirs.role });
            stale.settle(theirs);
            save.reset();
          }}
          onKeep={() => {
            stale.settle(theirs);
            save.mutate(theirs);
          }}
        />
      ) : (
        <form onSubmit={form.onSubmit(() => save.mutate(stale.base))} noValidate>
          <Stack>
            {save.error && <ProblemAlert error={save.error} fields={labels} />}
            <TextInput
              label={labels.name}
              description={t("pages.setup.nameHint")}
              required
              readOnly={user !== undefined}
              autoCapitalize="none"
              spellCheck={false}
              autoComplete="off"
              data-autofocus={user === undefined ? true : undefined}
              {...form.getInputProps("name")}
            />
            <TextInput
              label={labels.display_name}
              required
              data-autofocus={user !== undefined ? true : undefined}
              {...form.getInputProps("display_name")}
            />
            <Select
              label={labels.role}
              description={
                self
                  ? t("pages.users.self")
                  : chosen?.built_in === false
                    ? chosen.description
                    : word("roleHelp", form.values.role)
              }
              disabled={self}
              allowDeselect={false}
              data={(roles.data?.items ?? [])
                .filter((one) => one.in_force)
                .map((one) => ({ value: one.role, label: roleName(one.role) }))}
              {...form.getInputProps("role")}
            />
            {chosen && chosen.permissions.length > 0 && (
              <details>
                <summary>
                  <Text span size="sm">
                    {t("pages.users.may")}
                  </Text>
                </summary>
                <List size="sm" mt={6}>
                  {chosen.permissions.map((permission) => (
                    <List.Item key={permission}>
                      {t(`pages.permission.${permission}` as never, { defaultValue: permission })}
                    </List.Item>
                  ))}
                </List>
              </details>
            )}
            {user && <FactorState user={user.id} />}
            {user && <LinkedIdentities user={user.id} self={self} />}
            {!user && (
              <PasswordInput
                label={labels.password}
                description={t("pages.users.passwordHint")}
                required
                autoComplete="new-password"
                visibilityToggleFocusable
                visibilityToggleButtonProps={{ "aria-label": t("pages.signIn.show") }}
                {...form.getInputProps("password")}
              />
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {user ? t("common.save") : t("pages.users.add")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
