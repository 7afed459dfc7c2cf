//! The reports that are sent to oneself.
import { ActionIcon, Menu, Table, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconDotsVertical,
  IconPlayerPause,
  IconPlayerPlay,
  IconSend,
  IconTrash,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body, etag, type Schemas } from "../../api/client";
import { LoadProblem, ProblemAlert } from "../../parts/problem";
import { Ago, At } from "../../parts/time";
import { Wide } from "../../parts/wide";
import { fill, known, type ReportWords, useReportWords } from "./words";

type Schedule = Schemas["ScheduleView"];

export function ScheduleList() {
  const w = useReportWords();
  const client = useQueryClient();
  const found = useQuery({
    queryKey: ["report-schedules"],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/report-schedules", { params: { query: { limit: 50 } as never }, signal }),
      ),
  });
  const again = () => client.invalidateQueries({ queryKey: ["report-schedules"] });
  const path = (one: Schedule) => ({ path: { id: one.id } });
  const seen = (one: Schedule) => ({ ...path(one), header: { "If-Match": etag(one) } });
  const send = useMutation({
    mutationFn: (one: Schedule) =>
      body(api.POST("/api/v1/report-schedules/{id}/send", { params: path(one) })),
    onSuccess: async ({ result }) => {
      const color = result === "queued" ? "teal" : "yellow";
      const message = result === "queued" ? w.list.sent : known(w.result, result);
      notifications.show({ color, message });
      await again();
    },
  });
  const change = useMutation({
    mutationFn: (one: Schedule) =>
      body(
        api.PATCH("/api/v1/report-schedules/{id}", {
          params: seen(one),
          body: { active: !one.active },
        }),
      ),
    onSettled: again,
  });
  const remove = useMutation({
    mutationFn: (one: Schedule) =>
      api.DELETE("/api/v1/report-schedules/{id}", { params: seen(one) }),
    onSuccess: () => notifications.show({ color: "teal", message: w.list.removed }),
    onSettled: again,
  });
  if (found.error && !found.data) {
    return <LoadProblem error={found.error} onRetry={() => void found.refetch()} />;
  }
  const items = found.data?.items ?? [];
  if (items.length === 0) {
    return <Text c="dimmed">{found.data ? w.schedulesNone : ""}</Text>;
  }
  const problem = send.error ?? change.error ?? remove.error;
  return (
    <>
      {problem && <ProblemAlert error={problem} />}
      <Wide minWidth={640} label={w.schedules}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              {[w.list.name, w.list.report, w.list.when, w.list.next, w.list.last].map((label) => (
                <Table.Th key={label}>{label}</Table.Th>
              ))}
              <Table.Th w={44} />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Th scope="row" fw={500}>
                  <bdi>{one.name}</bdi>
                </Table.Th>
                <Table.Td>{known(w.names, one.report)}</Table.Td>
                <Table.Td>{rhythm(one, w)}</Table.Td>
                <Table.Td>
                  {one.next_run_at ? <At value={one.next_run_at} /> : w.list.stopped}
                </Table.Td>
                <Table.Td>
                  <Ago value={one.last_run_at} none={w.list.never} />
                  {one.last_result && ` · ${known(w.result, one.last_result)}`}
                </Table.Td>
                <Table.Td>
                  <Menu position="bottom-end" withinPortal>
                    <Menu.Target>
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        aria-label={fill(w.list.actions, { name: one.name })}
                      >
                        <IconDotsVertical size={18} />
                      </ActionIcon>
                    </Menu.Target>
                    <Menu.Dropdown>
                      <Menu.Item
                        leftSection={<IconSend size={16} aria-hidden="true" />}
                        onClick={() => send.mutate(one)}
                      >
                        {w.list.send}
                      </Menu.Item>
                      <Menu.Item
                        leftSection={
                          one.active ? (
                            <IconPlayerPause size={16} aria-hidden="true" />
                          ) : (
                            <IconPlayerPlay size={16} aria-hidden="true" />
                          )
                        }
                        onClick={() => change.mutate(one)}
                      >
                        {one.active ? w.list.pause : w.list.resume}
                      </Menu.Item>
                      <Menu.Item
                        color="red"
                        leftSection={<IconTrash size={16} aria-hidden="true" />}
                        onClick={() => remove.mutate(one)}
                      >
                        {w.list.remove}
                      </Menu.Item>
                    </Menu.Dropdown>
                  </Menu>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </>
  );
}

function rhythm(one: Schedule, w: ReportWords): string {
  const often = known(
    { day: w.schedule.day, week: w.schedule.week, month: w.schedule.month },
    one.every,
  );
  const day = one.every === "week" ? w.weekdays[(one.day ?? 1) - 1] : one.day;
  return [often, day, one.at, one.zone].filter(Boolean).join(" ");
}
