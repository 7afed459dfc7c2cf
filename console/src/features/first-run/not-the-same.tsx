//! The fingerprints differ: what has enrolled is not the host one means. It is blocked.
import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Device } from "../../api/client";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";

export function NotTheSame({ device }: { device: Device }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t("pages.firstRun.agent.differs")}
      </Button>
      {asking && <Block device={device} onClose={() => setAsking(false)} />}
    </>
  );
}

function Block({ device, onClose }: { device: Device; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState<string>(t("pages.firstRun.agent.differsReason"));
  const block = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/devices/{id}/block", {
          params: { path: { id: device.id } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: async () => {
      onClose();
      await Promise.all(
        [["devices"], ["agents"], ["overview"]].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
  return (
    <Dialog
      title={t("pages.firstRun.agent.blockTitle", { host: device.host_name })}
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim()) block.mutate();
        }}
      >
        <Stack>
          <Text size="sm">{t("pages.firstRun.agent.blockExplain")}</Text>
          <ProblemAlert error={block.error} fields={{ reason: t("common.reason") }} />
          <Textarea
            label={t("common.reason")}
            required
            maxLength={500}
            autosize
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} data-autofocus>
              {t("common.cancel")}
            </Button>
            <Button color="red" type="submit" loading={block.isPending} disabled={!reason.trim()}>
              {t("pages.devices.block")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
