import { Alert, Badge, Group, Text } from "@mantine/core";
import { IconSend, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, body, type Schemas } from "../../api/client";
import { fill, known, useReportWords } from "../../features/reports/words";
import { exactTime } from "../../i18n/format";
import { PageHead } from "../../parts/page";
import { Ago, At } from "../../parts/time";
import { DataTable } from "../../table/data-table";
import { MAIL_FILTERS } from "../../table/filter-names";
import { readListSearch } from "../../table/search";
import { listTwin, option } from "../../table/twin";
import type { Column, Filter, RowAction } from "../../table/types";

export const Route = createFileRoute("/_app/mail")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, MAIL_FILTERS),
  component: Outbox,
});

type Mail = Schemas["MailView"];

const STATES = ["waiting", "sent", "dead"] as const;
const TONES: Record<string, string> = {
  waiting: "state-busy",
  sent: "state-good",
  dead: "state-bad",
};

function Outbox() {
  const w = useReportWords();
  const search = Route.useSearch();
  const status = useQuery({
    queryKey: ["mail", "status"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/mail/status", { signal })),
  });
  const columns = useMemo<Column<Mail>[]>(
    () => [
      {
        id: "subject",
        label: w.outbox.subject,
        primary: true,
        text: (row) => row.subject,
        cell: (row) => <bdi>{row.subject}</bdi>,
      },
      {
        id: "state",
        label: w.outbox.state,
        text: (row) => known(w.outbox.states, row.state),
        cell: (row) => (
          <Badge size="sm" className={`state ${TONES[row.state] ?? ""}`}>
            {known(w.outbox.states, row.state)}
          </Badge>
        ),
      },
      {
        id: "kind",
        label: w.outbox.kind,
        text: (row) => known(w.outbox.kinds, row.kind),
        cell: (row) => known(w.outbox.kinds, row.kind),
      },
      {
        id: "user",
        label: w.outbox.user,
        text: (row) => row.user?.name ?? "",
        cell: (row) => <bdi>{row.user?.name ?? "–"}</bdi>,
      },
      {
        id: "address",
        label: w.outbox.address,
        text: (row) => row.address,
        cell: (row) => row.address,
      },
      {
        id: "written",
        label: w.outbox.written,
        sort: "created_at",
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
      {
        id: "attempts",
        label: w.outbox.attempts,
        align: "right",
        text: (row) => String(row.attempts),
        cell: (row) => row.attempts,
      },
      {
        id: "next",
        label: w.outbox.next,
        text: (row) => row.next_try_at ?? "",
        cell: (row) => (row.next_try_at ? <At value={row.next_try_at} /> : "–"),
      },
      {
        id: "problem",
        label: w.outbox.problem,
        wide: true,
        text: (row) => row.problem ?? "",
        cell: (row) => row.problem ?? "–",
      },
    ],
    [w],
  );
  const filters = useMemo<Filter[]>(
    () => [
      {
        id: "state",
        label: w.outbox.state,
        options: STATES.map((value) => ({ value, label: w.outbox.states[value] })),
      },
    ],
    [w],
  );
  const path = (row: Mail) => ({ params: { path: { id: row.id } } });
  const isDead = (row: Mail) => row.state === "dead";
  const actions: RowAction<Mail>[] = [
    {
      id: "again",
      label: w.outbox.again,
      icon: <IconSend size={16} aria-hidden="true" />,
      explain: w.outbox.againExplain,
      applies: isDead,
      otherwise: w.outbox.only,
      run: (row) => api.POST("/api/v1/mail/{id}/send-again", path(row)),
    },
    {
      id: "discard",
      label: w.outbox.discard,
      icon: <IconTrash size={16} aria-hidden="true" />,
      danger: true,
      explain: w.outbox.discardExplain,
      applies: isDead,
      otherwise: w.outbox.only,
      run: (row) => api.DELETE("/api/v1/mail/{id}", path(row)),
    },
  ];
  const twin = listTwin("/mail", "sekisho mail list", search, {
    state: option("--state", search.state),
  });
  twin.commands.push("sekisho mail status");
  return (
    <>
      <PageHead title={w.outbox.title} about={w.outbox.about} twin={twin} />
      {status.data && (
        <Group gap="lg" mb="md" role="status">
          <Text size="sm">
            {w.outbox.server}: {status.data.server ?? w.outbox.off}
          </Text>
          <Text size="sm">{fill(w.outbox.waiting, { count: status.data.waiting })}</Text>
          <Text size="sm">{fill(w.outbox.dead, { count: status.data.dead })}</Text>
        </Group>
      )}
      {status.data?.problem && status.data.problem_since && (
        <Alert color="yellow" mb="md">
          {fill(w.outbox.since, { at: exactTime(status.data.problem_since) })} {status.data.problem}
        </Alert>
      )}
      <DataTable<Mail>
        name="mail"
        what={w.outbox.title}
        columns={columns}
        filters={filters}
        searchable={false}
        read={(query, signal) =>
          body(api.GET("/api/v1/mail", { params: { query: query as never }, signal }))
        }
        rowId={(row) => row.id}
        actions={actions}
        refreshEvery={15_000}
        empty={<Text c="dimmed">{w.outbox.empty}</Text>}
      />
    </>
  );
}
