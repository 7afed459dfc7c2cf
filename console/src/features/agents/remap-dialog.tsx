//! Giving an agent a resource again: the server says which ones it could be, and what
//! comes along.
import { Alert, Button, Group, Radio, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Device } from "../../api/client";
import { Dialog } from "../../parts/dialog";
import { Loading, LoadProblem, ProblemAlert } from "../../parts/problem";

export function RemapDialog({ agent, onClose }: { agent: Device; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const params = { path: { id: agent.id } };
  const [chosen, setChosen] = useState("");
  const targets = useQuery({
    queryKey: ["agents", "remap", agent.id],
    queryFn: ({ signal }) => body(api.GET("/api/v1/agents/{id}/remap", { params, signal })),
    gcTime: 0,
  });
  const remap = useMutation({
    mutationFn: () =>
      body(api.POST("/api/v1/agents/{id}/remap", { params, body: { resource: chosen } })),
    onSuccess: async () => {
      notifications.show({ message: t("pages.agents.remapDone") });
      onClose();
      await client.invalidateQueries({ queryKey: ["agents"] });
      await client.invalidateQueries({ queryKey: ["accounts"] });
      await client.invalidateQueries({ queryKey: ["resources"] });
    },
  });
  const items = targets.data?.items ?? [];
  return (
    <Dialog onClose={onClose} title={t("pages.agents.remap")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen) remap.mutate();
        }}
      >
        <Stack>
          <Text size="sm">{t("pages.agents.remapExplain")}</Text>
          {remap.error && <ProblemAlert error={remap.error} />}
          {targets.error && (
            <LoadProblem error={targets.error} onRetry={() => void targets.refetch()} />
          )}
          {targets.isPending && <Loading />}
          {targets.data && items.length === 0 && (
            <Alert color="gray">
              <Text size="sm">
                {t("pages.agents.remapNone", { name: targets.data.dns_name ?? agent.host_name })}
              </Text>
              <Link to="/resources" search={{ new: true } as never}>
                {t("pages.agents.addResource")}
              </Link>
            </Alert>
          )}
          {items.length > 0 && (
            <Radio.Group
              label={t("pages.agents.remapTarget")}
              value={chosen}
              onChange={setChosen}
              required
            >
              <Stack gap="xs" mt="xs">
                {items.map((item) => (
                  <Radio
                    key={item.resource.id}
                    value={item.resource.id}
                    disabled={Boolean(item.problem)}
                    label={<bdi>{item.resource.name}</bdi>}
                    description={
                      item.problem
                        ? `${t("pages.agents.remapImpossible")}: ${item.problem}`
                        : t("pages.agents.remapAccounts", { count: item.accounts })
                    }
                  />
                ))}
              </Stack>
            </Radio.Group>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" disabled={!chosen} loading={remap.isPending}>
              {t("pages.agents.remap")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
