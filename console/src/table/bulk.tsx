//! The sheet of a bulk action: what will happen, then what happened, row by row.
import {
  Alert,
  Button,
  Group,
  NumberInput,
  Progress,
  ScrollArea,
  Stack,
  Table,
  Text,
  Textarea,
} from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "../parts/dialog";
import { problemText } from "../parts/problem";
import { type Outcome, type RowResult, runAll } from "./run";
import type { RowAction } from "./types";

interface Props<T> {
  name: string;
  action: RowAction<T>;
  rows: T[];
  rowName: (row: T) => string;
  rowId: (row: T) => string;
  onClose: () => void;
}

export function BulkSheet<T>({ name, action, rows, rowName, rowId, onClose }: Props<T>) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const fitting = rows.filter((row) => action.applies?.(row) ?? true);
  const skipped = rows.length - fitting.length;
  const [reason, setReason] = useState("");
  const [amount, setAmount] = useState<number | string>(action.amount?.start ?? 0);
  const [results, setResults] = useState<RowResult<T>[]>();
  const [running, setRunning] = useState(false);
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);

  const run = async (chosen: T[]) => {
    stop.current = new AbortController();
    setResults(chosen.map((row) => ({ row, outcome: "waiting" })));
    setRunning(true);
    const report = (index: number, outcome: Outcome, error?: unknown) =>
      setResults((now) =>
        now?.map((each, at) => (at === index ? { ...each, outcome, error } : each)),
      );
    const one = (row: T) => action.run(row, reason.trim(), Number(amount));
    await runAll(chosen, one, stop.current.signal, report);
    setRunning(false);
    await client.invalidateQueries({ queryKey: [name] });
  };

  const missingReason = action.reason === "required" && reason.trim() === "";
  const wrongAmount =
    action.amount !== undefined &&
    !(Number(amount) >= action.amount.min && Number(amount) <= action.amount.max);
  const { preview } = action;
  const would = useQuery({
    queryKey: ["preview", name, action.id, fitting.map(rowId), amount],
    enabled: preview !== undefined && fitting.length > 0 && !wrongAmount && !results,
    queryFn: () => preview?.(fitting, Number(amount)),
    gcTime: 0,
  });
  const count = (outcome: Outcome) =>
    results?.filter((each) => each.outcome === outcome).length ?? 0;
  const failed =
    results?.filter((each) => each.outcome === "failed" || each.outcome === "stopped") ?? [];
  const done = (results?.length ?? 0) - count("waiting") - count("running");

  return (
    <Dialog
      onClose={onClose}
      size={results ? "lg" : "md"}
      title={results ? t("table.bulk.title", { action: action.label }) : action.label}
      closeOnClickOutside={!running}
    >
      {results ? (
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
            aria-label={t("table.bulk.title", { action: action.label })}
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
              <Button variant="default" onClick={() => stop.current.abort()}>
                {t("table.bulk.stop")}
              </Button>
            ) : (
              <>
                {failed.length > 0 && (
                  <Button variant="default" onClick={() => void run(failed.map(({ row }) => row))}>
                    {t("table.bulk.retry")}
                  </Button>
                )}
                <Button onClick={onClose}>{t("common.close")}</Button>
              </>
            )}
          </Group>
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void run(fitting);
          }}
        >
          <Stack>
            <Text size="sm">{action.explain}</Text>
            {rows.length === 1 ? (
              <Text fw={600}>
                <bdi>{rowName(rows[0] as T)}</bdi>
              </Text>
            ) : (
              <Text fw={600}>{t("table.bulk.confirm", { count: fitting.length })}</Text>
            )}
            {skipped > 0 && (
              <Alert color="gray">
                {t("table.bulk.skipped", { count: skipped, why: action.otherwise ?? "" })}
              </Alert>
            )}
            {action.amount && (
              <NumberInput
                label={action.amount.label}
                description={action.amount.hint}
                suffix={` ${action.amount.suffix}`}
                min={action.amount.min}
                max={action.amount.max}
                clampBehavior="blur"
                allowDecimal={false}
                value={amount}
                onChange={setAmount}
                required
                data-autofocus
              />
            )}
            {preview && (
              <div aria-live="polite">
                {would.data && (
                  <Text size="sm" c="dimmed">
                    {t("table.bulk.preview", { ...would.data })}
                  </Text>
                )}
              </div>
            )}
            {action.reason && (
              <Textarea
                label={t("common.reason")}
                description={t("common.reasonHint")}
                required={action.reason === "required"}
                maxLength={500}
                autosize
                minRows={2}
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
                data-autofocus
              />
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button
                type="submit"
                {...(action.danger ? { color: "red.9" } : {})}
                disabled={missingReason || wrongAmount || fitting.length === 0}
                {...(action.reason || action.amount ? {} : { "data-autofocus": true })}
              >
                {action.label}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
