//! One task, beside the list. Which one is in the address (`open`).
import { Button, Drawer, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { order as orderQuery } from "../../api/queries";
import { Mono } from "../../parts/copy";
import { Facts } from "../../parts/facts";
import { Loading, LoadProblem, ProblemAlert } from "../../parts/problem";
import { At } from "../../parts/time";
import { useWord } from "../../parts/words";
import { TaskProgress } from "./progress";

export function TaskDrawer() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { open } = useSearch({ strict: false }) as { open?: string };
  return (
    <Drawer
      opened={open !== undefined}
      onClose={() =>
        void navigate({
          to: ".",
          search: ((now: object) => ({ ...now, open: undefined })) as never,
          resetScroll: false,
        })
      }
      position="right"
      size="lg"
      title={t("pages.tasks.title")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {open && <Task id={open} />}
    </Drawer>
  );
}

function Task({ id }: { id: string }) {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(orderQuery(id));
  const cancel = useMutation({
    mutationFn: () => body(api.POST("/api/v1/orders/{id}/cancel", { params: { path: { id } } })),
    onSuccess: async () => {
      notifications.show({ message: t("pages.tasks.cancelled") });
      await client.invalidateQueries({ queryKey: ["orders"] });
    },
  });
  if (error && !data) return <LoadProblem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  const rows: [string, ReactNode][] = [
    [t("pages.tasks.operation"), word("operation", data.operation)],
    [
      t("pages.tasks.target"),
      <bdi key="target">
        {data.account ? `${data.resource.name}/${data.account.name}` : data.resource.name}
      </bdi>,
    ],
    [t("pages.tasks.by"), data.initiator?.name ?? t("pages.tasks.server")],
    [t("pages.tasks.reason"), data.reason || t("common.none")],
    [t("pages.tasks.created"), <At key="created" value={data.created_at} />],
    [
      t("pages.tasks.delivered"),
      data.delivered_at ? <At key="delivered" value={data.delivered_at} /> : "–",
    ],
    [
      t("pages.tasks.finished"),
      data.finished_at ? <At key="finished" value={data.finished_at} /> : "–",
    ],
    [t("pages.tasks.attempt"), data.attempt],
    [
      t("common.id"),
      <Mono key="id" copy>
        {data.id}
      </Mono>,
    ],
  ];
  return (
    <Stack>
      <TaskProgress id={id} />
      {cancel.error && <ProblemAlert error={cancel.error} />}
      <Facts rows={rows} />
      {data.result && (
        <details>
          <summary>
            <Text span size="sm">
              {t("common.details")}
            </Text>
          </summary>
          <pre className="pre">{JSON.stringify(data.result, null, 2)}</pre>
        </details>
      )}
      {(data.state === "queued" || data.state === "staged") && (
        <Group>
          <Button
            variant="light"
            color="red"
            loading={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            {t("pages.tasks.cancel")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
