//! An account that no agent finds.
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";

export function AddAccount({ resource, onClose }: { resource: string; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const add = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/resources/{id}/accounts", {
          params: { path: { id: resource } },
          body: { name: name.trim() },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["accounts"] });
      await client.invalidateQueries({ queryKey: ["resources"] });
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} title={t("pages.resources.addAccount")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) add.mutate();
        }}
      >
        <Stack>
          <Text size="sm">{t("pages.resources.addAccountHint")}</Text>
          {add.error && (
            <ProblemAlert error={add.error} fields={{ name: t("pages.accounts.account") }} />
          )}
          <TextInput
            label={t("pages.accounts.account")}
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoCapitalize="none"
            spellCheck={false}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={add.isPending} disabled={!name.trim()}>
              {t("pages.resources.addAccount")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
