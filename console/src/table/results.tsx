//! What became of each row of something that was done to many.
import { Button, Group, Progress, ScrollArea, Stack, Table, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { problemText } from "../parts/problem";
import { type Outcome, type RowResult, runAll } from "./run";

/** Runs something on many rows, and keeps what became of each. */
export function useRun<T>(names: readonly string[], one: (row: T) => Promise<unknown>) {
  const client = useQueryClient();
  const [results, setResults] = useState<RowResult<T>[]>();
  const [running, setRunning] = useState(false);
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  /** Says whether every row succeeded. */
  const run = async (chosen: readonly T[]): Promise<boolean> => {
    stop.current = new AbortController();
    setResults(chosen.map((row) => ({ row, outcome: "waiting" })));
    setRunning(true);
    let failed = 0;
    const report = (index: number, outcome: Outcome, error?: unknown) => {
      if (outcome === "failed" || outcome === "stopped") failed += 1;
      setResults((now) =>
        now?.map((each, at) => (at === index ? { ...each, outcome, error } : each)),
      );
    };
    await runAll(chosen, one, stop.current.signal, report);
    setRunning(false);
    await Promise.all(names.map((name) => client.invalidateQueries({ queryKey: [name] })));
    return failed === 0;
  };
  return { results, running, run, stop: () => stop.current.abort() };
}

interface Props<T> {
  /** What was done. */
  title: string;
  results: RowResult<T>[];
  running: boolean;
  rowName: (row: T) => string;
  rowId: (row: T) => string;
  onStop: () => void;
  onRetry: (rows: T[]) => void;
  onClose: () => void;
}

export function Results<T>(props: Props<T>) {
  const { title, results, running, rowName, rowId, onStop, onRetry, onClose } = props;
  const { t } = useTranslation();
  const count = (outcome: Outcome) => results.filter((each) => each.outcome === outcome).length;
  const failed = results.filter(({ outcome }) => outcome === "failed" || outcome === "stopped");
  const done = results.length - count("waiting") - count("running");
  return (
    <Stack>
      <div aria-live="polite">
        <Text size="sm">
          {running
            ? t("table.bulk.running", { done, all: results.length })
            : t("table.bulk.done", { ok: count("ok"), failed: failed.length })}
        </Text>
      </div>
      <Progress
        value={(done / Math.max(results.length, 1)) * 100}
        color={failed.length > 0 ? "red" : "teal"}
        aria-label={title}
      />
      <ScrollArea.Autosize mah={360}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("table.bulk.item")}</Table.Th>
              <Table.Th>{t("table.bulk.result")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {results.map(({ row, outcome, error }) => (
              <Table.Tr key={rowId(row)}>
                <Table.Td>
                  <bdi>{rowName(row)}</bdi>
                </Table.Td>
                <Table.Td>
                  {outcome === "ok" && t("table.bulk.ok")}
                  {(outcome === "waiting" || outcome === "running") && t("table.bulk.waiting")}
                  {outcome === "stopped" && t("table.bulk.stopped")}
                  {outcome === "failed" && (
                    <Text span c="red" size="sm">
                      {problemText(t, error)}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
      <Group justify="flex-end">
        {running ? (
          <Button variant="default" onClick={onStop}>
            {t("table.bulk.stop")}
          </Button>
        ) : (
          <>
            {failed.length > 0 && (
              <Button variant="default" onClick={() => onRetry(failed.map(({ row }) => row))}>
                {t("table.bulk.retry")}
              </Button>
            )}
            <Button onClick={onClose}>{t("common.close")}</Button>
          </>
        )}
      </Group>
    </Stack>
  );
}
