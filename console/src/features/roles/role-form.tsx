//! Proposing a custom role, or a change of one.
import { Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, etag, type Permission, type Role } from "../../api/client";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";

interface Props {
  role?: Role;
  permissions: Permission[];
  onClose: () => void;
}

export function RoleForm({ role, permissions, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const start = role?.proposal ?? role;
  const [name, setName] = useState(start?.name ?? "");
  const [description, setDescription] = useState(start?.description ?? "");
  const [chosen, setChosen] = useState<string[]>(start?.permissions ?? []);
  const save = useMutation({
    mutationFn: () => {
      const wanted = {
        name: name.trim(),
        description: description.trim(),
        permissions: chosen,
      };
      if (!role) return body(api.POST("/api/v1/roles", { body: wanted }));
      return body(
        api.PATCH("/api/v1/roles/{id}", {
          params: { path: { id: role.role }, header: { "If-Match": etag(role) } },
          body: wanted,
        }),
      );
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["roles"] });
      notifications.show({ color: "teal", message: t("pages.roles.proposed") });
      onClose();
    },
    // Somebody else changed it meanwhile: what was typed stays, and is sent again
    // against what is there now.
    onError: () => void client.invalidateQueries({ queryKey: ["roles"] }),
  });
  const labels = {
    name: t("pages.roles.name"),
    description: t("pages.roles.description"),
    permissions: t("pages.roles.permissions"),
  };
  const ready = name.trim() !== "" && chosen.length > 0;
  return (
    <Dialog
      onClose={onClose}
      title={role ? t("pages.roles.change") : t("pages.roles.add")}
      size="lg"
      closeOnClickOutside={false}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) save.mutate();
        }}
      >
        <Stack>
          {save.error && <ProblemAlert error={save.error} fields={labels} />}
          <Text size="sm">{t("pages.roles.second")}</Text>
          <TextInput
            label={labels.name}
            required
            maxLength={100}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label={labels.description}
            maxLength={500}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <Checkbox.Group label={labels.permissions} value={chosen} onChange={setChosen}>
            <Stack gap={6} mt="xs">
              {permissions
                .filter((one) => one.custom)
                .map((one) => (
                  <Checkbox
                    key={one.permission}
                    value={one.permission}
                    label={t(`pages.permission.${one.permission}` as never, {
                      defaultValue: one.permission,
                    })}
                  />
                ))}
            </Stack>
          </Checkbox.Group>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!ready}>
              {t("pages.roles.propose")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
