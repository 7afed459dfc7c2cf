//! What waits for another administrator, and the answer to it.
import { Alert, Button, Group, List, Stack, Text, TextInput } from "@mantine/core";
import { IconHourglass } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, etag, type Role } from "../../api/client";
import { ProblemAlert } from "../../parts/problem";
import { Ago } from "../../parts/time";

export function ProposalCard({ role, mine }: { role: Role; mine: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [rejecting, setRejecting] = useState(false);
  const params = { path: { id: role.role }, header: { "If-Match": etag(role) } };
  const done = () => client.invalidateQueries({ queryKey: ["roles"] });
  const approve = useMutation({
    mutationFn: () => body(api.POST("/api/v1/roles/{id}/approve", { params })),
    onSettled: done,
  });
  const reject = useMutation({
    mutationFn: () =>
      body(api.POST("/api/v1/roles/{id}/reject", { params, body: { reason: reason.trim() } })),
    onSettled: done,
  });
  const { proposal } = role;
  if (!proposal) return null;
  const permission = (one: string) =>
    t(`pages.permission.${one}` as never, { defaultValue: one }) as string;
  const words = (title: string, all: string[]) =>
    all.length > 0 && (
      <div>
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <List size="sm">
          {all.map((one) => (
            <List.Item key={one}>{permission(one)}</List.Item>
          ))}
        </List>
      </div>
    );
  const error = approve.error ?? reject.error;
  return (
    <Alert
      color="yellow"
      icon={<IconHourglass aria-hidden="true" />}
      title={t("pages.roles.waits", { name: proposal.name })}
    >
      <Stack gap="sm">
        {error && <ProblemAlert error={error} fields={{ reason: t("pages.roles.reason") }} />}
        <Text size="sm">
          <bdi>{proposal.by?.name}</bdi> · <Ago value={proposal.at} />
        </Text>
        {words(t("pages.roles.adds"), proposal.adds)}
        {words(t("pages.roles.removes"), proposal.removes)}
        {mine && <Text size="sm">{t("pages.roles.own")}</Text>}
        {rejecting && (
          <TextInput
            label={t("pages.roles.reason")}
            required
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        <Group>
          {!mine && (
            <Button loading={approve.isPending} onClick={() => approve.mutate()}>
              {t("pages.roles.approve")}
            </Button>
          )}
          <Button
            variant="default"
            loading={reject.isPending}
            disabled={rejecting && reason.trim() === ""}
            onClick={() => (rejecting ? reject.mutate() : setRejecting(true))}
          >
            {mine ? t("pages.roles.takeBack") : t("pages.roles.reject")}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
