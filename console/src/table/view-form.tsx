//! Saving what a list shows under a name, and changing that.
import { Button, Checkbox, Group, Select, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type View } from "../api/client";
import { me as meQuery, roles as rolesQuery } from "../api/queries";
import { useRoleName } from "../features/roles/role-name";
import { Dialog } from "../parts/dialog";
import { ProblemAlert } from "../parts/problem";
import { may } from "../shell/nav";

interface Props {
  /** The one to change; a new one without. */
  view?: View;
  page: string;
  /** What the list shows now. */
  query: string;
  onClose: () => void;
}

const NOBODY = "";

export function ViewForm({ view, page, query, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const roleName = useRoleName();
  const { data: me } = useQuery(meQuery);
  const { data: roles } = useQuery(rolesQuery);
  const [name, setName] = useState(view?.name ?? "");
  const [role, setRole] = useState(view?.shared_with ?? NOBODY);
  const [isFirst, setFirst] = useState(view?.is_default ?? false);
  const [overwrites, setOverwrites] = useState(false);
  const mine = view?.own ?? true;
  const read = () => client.invalidateQueries({ queryKey: ["views"] });

  const save = useMutation({
    mutationFn: async () => {
      let saved = view;
      if (mine) {
        const wanted = {
          page: view?.page ?? page,
          name: name.trim(),
          query: view && !overwrites ? view.query : query,
          shared_with: role === NOBODY ? null : role,
        };
        saved = view
          ? await body(
              api.PUT("/api/v1/me/views/{id}", {
                params: { path: { id: view.id } },
                body: wanted,
              }),
            )
          : await body(api.POST("/api/v1/me/views", { body: wanted }));
      }
      if (saved && isFirst !== saved.is_default) {
        const params = { path: { id: saved.id } };
        if (isFirst) await api.PUT("/api/v1/me/views/{id}/default", { params });
        else await api.DELETE("/api/v1/me/views/{id}/default", { params });
      }
      return saved;
    },
    onSuccess: async (saved) => {
      await read();
      const message = t("pages.views.saved", { name: saved?.name ?? "" });
      notifications.show({ color: "teal", message });
      onClose();
    },
  });
  const remove = useMutation({
    mutationFn: (gone: View) =>
      api.DELETE("/api/v1/me/views/{id}", { params: { path: { id: gone.id } } }),
    onSuccess: async (_, gone) => {
      await read();
      notifications.show({ message: t("pages.views.deleted", { name: gone.name }) });
      onClose();
    },
  });
  const isReady = !mine || name.trim() !== "";
  // One's own role, or any for who manages users, or the one it is shared with.
  const offered = (roles?.items ?? [])
    .filter((one) => one.in_force)
    .map((one) => one.role)
    .filter((one) => may(me, "manage_users") || one === me?.role || one === view?.shared_with);
  const labels = { name: t("pages.views.name"), shared_with: t("pages.views.shareWith") };
  return (
    <Dialog
      onClose={onClose}
      title={view ? t("pages.views.edit") : t("pages.views.saveTitle")}
      closeOnClickOutside={!save.isPending && (view !== undefined || name === "")}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) save.mutate();
        }}
      >
        <Stack>
          {save.error && <ProblemAlert error={save.error} fields={labels} />}
          {remove.error && <ProblemAlert error={remove.error} />}
          <TextInput
            label={labels.name}
            {...(view ? {} : { placeholder: t("pages.views.nameHint") })}
            required={mine}
            readOnly={!mine}
            maxLength={100}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {mine && (
            <Select
              label={labels.shared_with}
              description={t("pages.views.shareHint")}
              allowDeselect={false}
              data={[
                { value: NOBODY, label: t("pages.views.notShared") },
                ...offered.map((value) => ({ value, label: roleName(value) })),
              ]}
              value={role}
              onChange={(next) => setRole(next ?? NOBODY)}
            />
          )}
          <Checkbox
            label={t("pages.views.isDefault")}
            checked={isFirst}
            onChange={(event) => setFirst(event.currentTarget.checked)}
          />
          {view && mine && view.page === page && (
            <Checkbox
              label={t("pages.views.overwrite")}
              checked={overwrites}
              onChange={(event) => setOverwrites(event.currentTarget.checked)}
            />
          )}
          <Group justify="space-between">
            {view && mine ? (
              <Button
                variant="light"
                color="red"
                loading={remove.isPending}
                onClick={() => remove.mutate(view)}
              >
                {t("pages.views.delete")}
              </Button>
            ) : (
              <span />
            )}
            <Group gap="xs">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={save.isPending} disabled={!isReady}>
                {t("common.save")}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
