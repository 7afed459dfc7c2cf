//! Storing a password that somebody set by hand.
import { Button, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";

interface Props {
  account: { id: string; name: string; resource: { name: string } };
  onClose: () => void;
}

export function StoreDialog({ account, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [value, setValue] = useState("");
  const [reason, setReason] = useState("");
  const store = useMutation({
    mutationFn: () =>
      body(
        api.PUT("/api/v1/accounts/{id}/password", {
          params: { path: { id: account.id } },
          // Typed as it is: a password is not normalised.
          body: { value, reason: reason.trim() || null },
        }),
      ),
    onSuccess: async () => {
      notifications.show({ color: "teal", message: t("pages.accounts.stored") });
      await client.invalidateQueries({ queryKey: ["accounts"] });
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} title={t("pages.accounts.storeTitle")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (value) store.mutate();
        }}
      >
        <Stack>
          <Text fw={600}>
            <bdi>{account.resource.name}</bdi> / <bdi>{account.name}</bdi>
          </Text>
          <Text size="sm">{t("pages.accounts.storeExplain")}</Text>
          {store.error && (
            <ProblemAlert
              error={store.error}
              fields={{ value: t("pages.accounts.storeValue"), reason: t("common.reason") }}
            />
          )}
          <PasswordInput
            label={t("pages.accounts.storeValue")}
            required
            autoComplete="off"
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            visibilityToggleFocusable
            visibilityToggleButtonProps={{ "aria-label": t("pages.signIn.show") }}
            data-autofocus
          />
          <TextInput
            label={`${t("common.reason")}${t("common.optional")}`}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={store.isPending} disabled={!value}>
              {t("pages.accounts.storeAsk")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
