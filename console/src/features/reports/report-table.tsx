//! One report, as a list.
import { Alert, Button, Group, Text, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Page, type Schemas } from "../../api/client";
import { eventText } from "../../i18n/events";
import { exactTime } from "../../i18n/format";
import { At } from "../../parts/time";
import { useWord, type WordKind } from "../../parts/words";
import { DataTable } from "../../table/data-table";
import type { Column, Filter } from "../../table/types";
import { fill, known, type ReportWords, useReportWords } from "./words";

type Report = Schemas["ReportView"];
type Row = Record<string, unknown>;

/** Reports that are made of the audit log: showing one is on record. */
const RECORDED = [
  "password-uses",
  "refused-sign-ins",
  "refused-access",
  "access-changes",
  "exports",
];

/** The catalogue's words for the words in a column. */
const KINDS: Partial<Record<string, WordKind>> = {
  platform: "platform",
  knowledge: "knowledge",
  last_verify: "verify",
  operation: "operation",
  role: "role",
  association: "association",
  rotation: "rotation",
  held_by: "held",
  password_origin: "origin",
  action: "action",
  user_state: "user",
  ground: "ground",
  level: "level",
};

/** Reports that are not counted: that would mean to make the whole of them. */
const UNCOUNTED = ["passwords-past-age", "entitlements"];

const DAYS = [1, 7, 30, 90, 365];

interface Props {
  report: Report;
  user: string | undefined;
  onUser: (user: string | undefined) => void;
}

export function ReportTable({ report, user, onUser }: Props) {
  const { t } = useTranslation();
  const w = useReportWords();
  const word = useWord();
  const [asOf, setAsOf] = useState<string>();
  const columns = useMemo<Column<Row>[]>(
    () =>
      report.columns.map(({ name, holds }, at) => {
        const kind =
          name === "state" ? (report.report === "failed-tasks" ? "order" : "device") : KINDS[name];
        const told = (value: string) =>
          w.values[name]?.[value] ?? (kind ? word(kind, value) : value);
        const text = (row: Row) =>
          name === "event"
            ? eventText(String(row[name] ?? ""))
            : name === "may"
              ? actions(row[name], (value) => word("action", value))
              : shown(row[name], holds, w, told);
        return {
          id: name,
          label: known(w.columns, name),
          primary: at === 0,
          wide: ["details", "reason", "may"].includes(name),
          text: (row: Row) => (holds === "time" ? String(row[name] ?? "") : text(row)),
          cell: (row: Row) =>
            holds === "time" ? (
              row[name] ? (
                <At value={String(row[name])} />
              ) : (
                "–"
              )
            ) : (
              <bdi>{text(row) || "–"}</bdi>
            ),
        };
      }),
    [report, w, word],
  );
  const filters = useMemo<Filter[]>(
    () =>
      report.parameters
        .filter(({ takes }) => takes !== "user")
        .map(({ name, takes, words }) => ({
          id: name,
          label: known(w.asked, name),
          ...(takes === "time"
            ? { kind: "time" as const }
            : {
                options: options(takes, words, w, (value) => word(KINDS[name] ?? "device", value)),
              }),
        })),
    [report, w, word],
  );
  const takesUser = report.parameters.some(({ takes }) => takes === "user");
  return (
    <>
      {RECORDED.includes(report.report) && (
        <Alert color="blue" mb="sm" variant="light">
          {w.recorded}
        </Alert>
      )}
      {takesUser && <UserField key={user ?? ""} user={user} onUser={onUser} />}
      <DataTable<Row>
        key={report.report}
        name={`report-${report.report}`}
        what={known(w.names, report.report)}
        columns={columns}
        filters={filters}
        {...(user && takesUser ? { fixed: { user } } : {})}
        searchable={false}
        counted={!UNCOUNTED.includes(report.report)}
        csv={`/reports/${report.report}/rows.csv`}
        read={async (query, signal) => {
          const page = await body(
            api.GET("/api/v1/reports/{report}/rows", {
              params: { path: { report: report.report }, query: query as never },
              signal,
            }),
          );
          setAsOf(page.as_of);
          return page as unknown as Page<Row>;
        }}
        rowId={(row) => JSON.stringify(row)}
        refreshEvery={0}
        empty={<Text c="dimmed">{w.empty}</Text>}
      />
      {asOf && (
        <Text size="sm" c="dimmed" mt="xs" aria-label={t("table.refresh")}>
          {fill(w.asOf, { at: exactTime(asOf) })}
        </Text>
      )}
    </>
  );
}

function UserField({ user, onUser }: { user: string | undefined; onUser: Props["onUser"] }) {
  const w = useReportWords();
  const [typed, setTyped] = useState(user ?? "");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onUser(typed.trim().toLowerCase() || undefined);
      }}
    >
      <Group align="flex-end" mb="sm">
        <TextInput
          label={w.userField}
          description={w.userHint}
          value={typed}
          maxLength={64}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" variant="default">
          {w.apply}
        </Button>
      </Group>
    </form>
  );
}

function options(
  takes: string,
  words: string[],
  w: ReportWords,
  word: (value: string) => string,
): { value: string; label: string }[] {
  if (takes === "flag") {
    return [
      { value: "true", label: w.yes },
      { value: "false", label: w.no },
    ];
  }
  if (takes === "days") {
    return DAYS.map((count) => ({ value: String(count), label: fill(w.lastDays, { count }) }));
  }
  return words.map((value) => ({ value, label: word(value) }));
}

/** The actions that a row names, in words. */
function actions(value: unknown, word: (action: string) => string): string {
  const named = typeof value === "string" ? value.split(" ").filter(Boolean) : [];
  return named.map(word).join(", ");
}

function shown(
  value: unknown,
  holds: string,
  w: ReportWords,
  word: (value: string) => string,
): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? w.yes : w.no;
  return holds === "word" ? word(String(value)) : String(value);
}
