//! Lines of the audit log. Reading them is on record, too, so they are not read
//! again by themselves.
import { Anchor, Drawer, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type AuditLine, api, body } from "../../api/client";
import { currentLanguage } from "../../i18n";
import { lineText } from "../../i18n/events";
import { EVENTS } from "../../i18n/events.gen";
import { exactTime } from "../../i18n/format";
import { Mono } from "../../parts/copy";
import { Facts } from "../../parts/facts";
import { At } from "../../parts/time";
import { useWord } from "../../parts/words";
import { DataTable } from "../../table/data-table";
import type { Column, Filter } from "../../table/types";

interface Actor {
  kind?: string;
  id?: string;
}

/** Of everything, or of what names one object: the server's condition for it. */
export function AuditList({ about }: { about?: Record<string, string> }) {
  const { t, i18n } = useTranslation();
  const word = useWord();
  const [shown, setShown] = useState<AuditLine>();
  const actorText = useMemo(
    () => (line: AuditLine) => {
      const { kind, id } = line.actor as Actor;
      return id ? `${word("actor", kind)} ${line.names[id] ?? id}` : word("actor", kind);
    },
    [word],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: events speak the reader's language
  const columns = useMemo<Column<AuditLine>[]>(
    () => [
      {
        id: "event",
        label: t("pages.audit.event"),
        primary: true,
        text: (row) => `${row.code} ${lineText(row)}`,
        cell: (row) => (
          <Anchor
            component="button"
            type="button"
            fw={550}
            ta="start"
            onClick={() => setShown(row)}
          >
            {lineText(row)}
          </Anchor>
        ),
      },
      {
        id: "at",
        label: t("pages.audit.at"),
        sort: "at",
        minWidth: 170,
        text: (row) => row.at,
        cell: (row) => <At value={row.at} />,
      },
      {
        id: "actor",
        label: t("pages.audit.actor"),
        text: actorText,
        cell: (row) => <ActorCell line={row} />,
      },
      {
        id: "fields",
        wide: true,
        label: t("pages.audit.fields"),
        text: (row) => JSON.stringify(fields(row)),
        cell: (row) => (
          <Text size="sm" lineClamp={2} maw={460} className="mono">
            {Object.entries(fields(row))
              .map(
                ([name, value]) =>
                  `${name}=${typeof value === "string" ? (row.names[value] ?? value) : JSON.stringify(value)}`,
              )
              .join(" ")}
          </Text>
        ),
      },
      {
        id: "from",
        label: t("pages.audit.from"),
        text: (row) => String((row.origin as { address?: string }).address ?? ""),
        cell: (row) => (row.origin as { address?: string }).address ?? "–",
      },
      {
        id: "code",
        label: t("pages.audit.code"),
        hidden: true,
        align: "right",
        text: (row) => String(row.code),
        cell: (row) => row.code,
      },
      {
        id: "seq",
        label: t("pages.audit.seq"),
        hidden: true,
        align: "right",
        text: (row) => String(row.seq),
        cell: (row) => row.seq,
      },
    ],
    [t, actorText, i18n.language],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: events speak the reader's language
  const filters = useMemo<Filter[]>(
    () => [
      {
        id: "code",
        label: t("pages.audit.event"),
        options: Object.entries(EVENTS[currentLanguage()]).map(([value, text]) => ({
          value,
          label: `${text} (${value})`,
        })),
      },
      { id: "from", label: t("pages.audit.since"), kind: "time" },
      { id: "to", label: t("pages.audit.until"), kind: "time" },
      {
        id: "actor",
        label: t("pages.audit.actor"),
        options: [
          { value: "system", label: word("actor", "system") },
          { value: "anonymous", label: word("actor", "anonymous") },
        ],
      },
    ],
    [t, word, i18n.language],
  );
  return (
    <>
      <DataTable<AuditLine>
        name="audit"
        what={t("pages.audit.title")}
        columns={columns}
        filters={filters}
        {...(about ? { fixed: about, searchable: false } : {})}
        refreshEvery={0}
        counted={false}
        read={(query, signal) =>
          body(api.GET("/api/v1/audit", { params: { query: query as never }, signal }))
        }
        csv="/audit.csv"
        rowId={(row) => `${row.chain}.${row.seq}`}
        onOpen={setShown}
        empty={<Text c="dimmed">{t("pages.audit.empty")}</Text>}
      />
      <Drawer
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        position="right"
        size="lg"
        title={shown ? lineText(shown) : ""}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        {shown && <Line line={shown} actor={actorText(shown)} />}
      </Drawer>
    </>
  );
}

function fields(line: AuditLine): Record<string, unknown> {
  const { event: _, ...rest } = line.event as Record<string, unknown>;
  return rest;
}

/** The event's name in the reference; a damaged line has none. */
function eventName(line: AuditLine): string {
  const { event } = line.event as { event?: string };
  return event ?? "";
}

function ActorCell({ line }: { line: AuditLine }) {
  const word = useWord();
  const { kind, id } = line.actor as Actor;
  if (!id) return <>{word("actor", kind)}</>;
  return (
    <Anchor
      component={Link}
      to="/audit"
      search={{ actor: id } as never}
      size="sm"
      title={id}
      c="inherit"
    >
      {line.names[id] ? (
        <bdi>{line.names[id]}</bdi>
      ) : (
        <>
          {word("actor", kind)} <span className="mono">{id.slice(-6)}</span>
        </>
      )}
    </Anchor>
  );
}

function Line({ line, actor }: { line: AuditLine; actor: string }) {
  const { t } = useTranslation();
  const origin = line.origin as { address?: string; request?: string };
  const mono = (value: string) => <Mono copy>{value}</Mono>;
  return (
    <Stack>
      <Facts
        rows={[
          [t("pages.audit.at"), exactTime(line.at)],
          [t("pages.audit.code"), `${line.code} ${eventName(line)}`],
          [t("pages.audit.actor"), actor],
          [t("pages.audit.from"), origin.address ?? "–"],
          [t("pages.audit.request"), origin.request ? mono(origin.request) : "–"],
          [t("pages.audit.chain"), mono(line.chain)],
          [t("pages.audit.seq"), line.seq],
          [t("pages.audit.hash"), mono(line.hash)],
          [t("pages.audit.previous"), mono(line.previous)],
        ]}
      />
      <Text size="sm" fw={600}>
        {t("pages.audit.fields")}
      </Text>
      <pre className="pre">{JSON.stringify(fields(line), null, 2)}</pre>
      {Object.keys(line.names).length > 0 && (
        <>
          <Text size="sm" fw={600}>
            {t("pages.audit.names")}
          </Text>
          <Facts rows={Object.entries(line.names).map(([id, name]) => [name, mono(id)])} />
        </>
      )}
    </Stack>
  );
}
