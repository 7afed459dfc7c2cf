//! Revoking a gateway, and what is to be done when somebody was on it.
import { Alert, Button, Group, List, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { Card } from "../../parts/card";
import { CopyBlock } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import type { Gateway } from "./queries";

export function RevokeDialog({ gateway, onClose }: { gateway: Gateway; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const { id, name } = gateway;
  const revoke = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/gateways/{id}/revoke", {
          params: { path: { id } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: async () => {
      notifications.show({ message: t("pages.gateways.revoke.done", { name }) });
      onClose();
      await client.invalidateQueries({ queryKey: ["gateways"] });
    },
  });
  const agents = gateway.connected ? (gateway.status?.connections ?? 0) : 0;
  return (
    <Dialog onClose={onClose} title={t("pages.gateways.revoke.title")} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim()) revoke.mutate();
        }}
      >
        <Stack>
          {revoke.error && (
            <ProblemAlert
              error={revoke.error}
              fields={{ reason: t("pages.gateways.revoke.reason") }}
            />
          )}
          <Text>
            <bdi>{t("pages.gateways.revoke.explain", { name })}</bdi>
          </Text>
          <List size="sm">
            <List.Item>{t("pages.gateways.revoke.effects.links")}</List.Item>
            <List.Item>{t("pages.gateways.revoke.effects.key")}</List.Item>
            <List.Item>{t("pages.gateways.revoke.effects.agents")}</List.Item>
          </List>
          {agents > 0 && (
            <Alert color="yellow">{t("pages.gateways.revoke.connected", { count: agents })}</Alert>
          )}
          <TextInput
            label={t("pages.gateways.revoke.reason")}
            description={t("pages.gateways.revoke.reasonHint")}
            required
            maxLength={500}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button
              type="submit"
              color="red.9"
              disabled={!reason.trim()}
              loading={revoke.isPending}
            >
              <span className="clamp">{t("pages.gateways.revoke.submit", { name })}</span>
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** What is to be done, step by step. */
export function Playbook({ revoked }: { revoked: boolean }) {
  const { t } = useTranslation();
  return (
    <Card title={t("pages.gateways.revoke.playbook")}>
      <List type="ordered" spacing="xs" size="sm">
        {!revoked && <List.Item>{t("pages.gateways.revoke.steps.revoke")}</List.Item>}
        <List.Item>
          {t("pages.gateways.revoke.steps.machine")}
          <CopyBlock value="sudo sekisho-gateway unpair" />
        </List.Item>
        <List.Item>
          {t("pages.gateways.revoke.steps.pair")}
          <CopyBlock value="sudo sekisho-gateway pair" />
        </List.Item>
        <List.Item>{t("pages.gateways.revoke.steps.imported")}</List.Item>
      </List>
      <Text size="sm" mt="sm">
        {t("pages.gateways.revoke.steps.passwords")}
      </Text>
    </Card>
  );
}
