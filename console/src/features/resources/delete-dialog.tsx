//! Deleting a resource: what will happen, and its name typed.
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, etag, type Resource } from "../../api/client";
import { normalise } from "../../i18n/format";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";

interface Props {
  resource: Resource;
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteResource({ resource, onClose, onDeleted }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [typed, setTyped] = useState("");
  const remove = useMutation({
    mutationFn: () =>
      api.DELETE("/api/v1/resources/{id}", {
        params: { path: { id: resource.id }, header: { "If-Match": etag(resource) } },
      }),
    onSuccess: async () => {
      notifications.show({ message: t("pages.resources.deleted", { name: resource.name }) });
      onDeleted();
      await client.invalidateQueries({ queryKey: ["resources", "list"] });
      await client.invalidateQueries({ queryKey: ["accounts"] });
    },
  });
  const same = normalise(typed) === normalise(resource.name);
  return (
    <Dialog onClose={onClose} title={t("pages.resources.delete")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (same) remove.mutate();
        }}
      >
        <Stack>
          {remove.error && <ProblemAlert error={remove.error} />}
          <Text size="sm">
            {t("pages.resources.deleteExplain", { count: resource.accounts.total })}
          </Text>
          <TextInput
            label={t("pages.resources.deleteConfirm", { name: resource.name })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" color="red.9" disabled={!same} loading={remove.isPending}>
              {t("pages.resources.delete")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
