//! Deleting something for good: what will happen, and its name typed.
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { normalise } from "../i18n/format";
import { Dialog } from "./dialog";
import { ProblemAlert } from "./problem";

interface Props {
  title: string;
  explain: string;
  name: string;
  remove: () => Promise<unknown>;
  /** What is read anew afterwards. */
  touches: readonly (readonly string[])[];
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteNamed({ title, explain, name, remove, touches, onClose, onDeleted }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [typed, setTyped] = useState("");
  const removal = useMutation({
    mutationFn: remove,
    onSuccess: async () => {
      notifications.show({ message: t("common.deleted", { name }) });
      onDeleted();
      await Promise.all(touches.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  const same = normalise(typed) === normalise(name);
  return (
    <Dialog onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (same) removal.mutate();
        }}
      >
        <Stack>
          {removal.error && <ProblemAlert error={removal.error} />}
          <Text size="sm">{explain}</Text>
          <TextInput
            label={t("common.typeToDelete", { name })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" color="red.9" disabled={!same} loading={removal.isPending}>
              {title}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
