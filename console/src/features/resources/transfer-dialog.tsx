//! Giving a resource to another owner.
import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Resource } from "../../api/client";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { type PrincipalKey, PrincipalSelect, principalOf } from "../sharing/principal-select";

interface Props {
  resource: Resource;
  onClose: () => void;
  onGiven: () => void;
}

export function TransferResource({ resource, onClose, onGiven }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [who, setWho] = useState<PrincipalKey | null>(null);
  const [reason, setReason] = useState("");
  const give = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/resources/{id}/transfer", {
          params: { path: { id: resource.id } },
          body: { to: principalOf(who ?? "").id, reason: reason.trim() },
        }),
      ),
    onSuccess: async (given) => {
      notifications.show({
        color: "teal",
        message: t("pages.transfer.done", { name: resource.name, to: given.to.name }),
      });
      onClose();
      onGiven();
      await client.invalidateQueries({ queryKey: ["resources"] });
      await client.invalidateQueries({ queryKey: ["agents"] });
    },
  });
  return (
    <Dialog onClose={onClose} title={t("pages.transfer.title")} closeOnClickOutside={!who}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (who) give.mutate();
        }}
      >
        <Stack>
          {give.error && (
            <ProblemAlert error={give.error} fields={{ to: t("pages.transfer.to") }} />
          )}
          <Alert color="yellow">{t("pages.transfer.explain", { name: resource.name })}</Alert>
          <PrincipalSelect
            label={t("pages.transfer.to")}
            description={t("pages.transfer.toHint")}
            usersOnly
            value={who}
            onChange={(next) => setWho(next)}
          />
          <TextInput
            label={t("pages.transfer.reason")}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" color="red" loading={give.isPending} disabled={!who}>
              {t("pages.transfer.give")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
