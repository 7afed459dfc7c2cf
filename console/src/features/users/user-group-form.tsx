//! Adding and editing a group of users.
import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, etag, type UserGroup } from "../../api/client";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { StaleChange } from "../../parts/stale";
import { useStale } from "../../parts/use-stale";

interface Props {
  /** The one to edit; none: a new one. */
  group?: UserGroup;
  onClose: () => void;
  onCreated?: (group: UserGroup) => void;
}

export function UserGroupForm({ group, onClose, onCreated }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const labels = {
    name: t("pages.userGroups.name"),
    description: t("pages.userGroups.description"),
  };
  const form = useForm({
    initialValues: { name: group?.name ?? "", description: group?.description ?? "" },
    validate: {
      name: (value) => (value.trim() ? null : t("common.required", { field: labels.name })),
    },
  });
  const stale = useStale(group, () =>
    body(api.GET("/api/v1/user-groups/{id}", { params: { path: { id: group?.id ?? "" } } })),
  );
  const save = useMutation({
    mutationFn: (against: UserGroup | undefined) => {
      const values = {
        name: form.values.name.trim(),
        description: form.values.description.trim(),
      };
      if (!against) return body(api.POST("/api/v1/user-groups", { body: values }));
      return body(
        api.PATCH("/api/v1/user-groups/{id}", {
          params: { path: { id: against.id }, header: { "If-Match": etag(against) } },
          body: values,
        }),
      );
    },
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["user-groups"] });
      notifications.show({
        color: "teal",
        message: group ? t("common.saved") : t("pages.userGroups.created", { name: saved.name }),
      });
      onClose();
      if (!group) onCreated?.(saved);
    },
    onError: stale.onError,
  });
  const { theirs } = stale;
  return (
    <Dialog
      onClose={onClose}
      title={group ? t("pages.userGroups.edit") : t("pages.userGroups.add")}
      closeOnClickOutside={!form.isDirty()}
      size={theirs ? "lg" : "md"}
    >
      {theirs ? (
        <StaleChange
          rows={[
            [labels.name, form.values.name, theirs.name],
            [labels.description, form.values.description, theirs.description],
          ]}
          onTake={() => {
            form.setValues({ name: theirs.name, description: theirs.description });
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
              description={t("pages.userGroups.nameHint")}
              required
              maxLength={100}
              data-autofocus
              {...form.getInputProps("name")}
            />
            <TextInput
              label={`${labels.description}${t("common.optional")}`}
              maxLength={500}
              {...form.getInputProps("description")}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {group ? t("common.save") : t("pages.userGroups.add")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
