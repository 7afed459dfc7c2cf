//! The sheet of an action on one row or many: what will happen, then what happened,
//! row by row.
import { Alert, Button, Group, List, NumberInput, Stack, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "../parts/dialog";
import { ProblemAlert } from "../parts/problem";
import { Results, useRun } from "./results";
import type { Given, Preview, RowAction } from "./types";

interface Props<T> {
  name: string;
  action: RowAction<T>;
  rows: T[];
  rowName: (row: T) => string;
  rowId: (row: T) => string;
  onClose: () => void;
  /** Every row succeeded. */
  onDone?: () => void;
}

export function BulkSheet<T>({ name, action, rows, rowName, rowId, onClose, onDone }: Props<T>) {
  const { t } = useTranslation();
  const fitting = rows.filter((row) => action.applies?.(row) ?? true);
  const skipped = rows.length - fitting.length;
  const [reason, setReason] = useState("");
  const [amount, setAmount] = useState<number | string>(action.amount?.start ?? 0);
  const [choice, setChoice] = useState<string | null>(null);
  const given: Given = { reason: reason.trim(), amount: Number(amount), choice: choice ?? "" };
  const { results, running, run, stop } = useRun<T>([name], (row) => action.run(row, given));

  const start = async (chosen: T[]) => {
    if (!(await run(chosen))) return;
    // One row that went well needs no table of results.
    if (rows.length === 1) {
      const done = { name: rowName(rows[0] as T), action: action.label };
      notifications.show({ color: "teal", message: t("table.bulk.doneOne", done) });
      onClose();
    }
    onDone?.();
  };

  const isMissing =
    (action.reason === "required" && given.reason === "") ||
    (action.choice !== undefined && given.choice === "");
  const isWrong =
    action.amount !== undefined &&
    !(given.amount >= action.amount.min && given.amount <= action.amount.max);
  const { preview } = action;
  const would = useQuery({
    queryKey: ["preview", name, action.id, fitting.map(rowId), given.amount, given.choice],
    enabled: preview !== undefined && fitting.length > 0 && !isMissing && !isWrong && !results,
    queryFn: () => preview?.(fitting, given),
    gcTime: 0,
  });
  const isRefused = would.data !== undefined && would.data.refused === fitting.length;

  return (
    <Dialog
      onClose={onClose}
      size={results ? "lg" : "md"}
      title={results ? t("table.bulk.title", { action: action.label }) : action.label}
      closeOnClickOutside={!running && !reason && !choice}
    >
      {results ? (
        <Results
          title={t("table.bulk.title", { action: action.label })}
          {...{ results, running, rowName, rowId, onClose }}
          onStop={stop}
          onRetry={(chosen) => void start(chosen)}
        />
      ) : (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (!isMissing && !isWrong) void start(fitting);
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
            {action.choice?.(choice, setChoice)}
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
                {...(action.choice ? {} : { "data-autofocus": true })}
              />
            )}
            {preview && (
              <div aria-live="polite">
                {would.error && <ProblemAlert error={would.error} />}
                {would.data && <Would would={would.data} of={fitting.length} />}
              </div>
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button
                type="submit"
                {...(action.danger ? { color: "red.9" } : {})}
                disabled={isMissing || isWrong || isRefused || fitting.length === 0}
                {...(action.reason || action.amount || action.choice
                  ? {}
                  : { "data-autofocus": true })}
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

/** So many refusals are named; the others are counted. */
const NAMED = 8;

/** What the server says would happen. */
function Would({ would, of }: { would: Preview; of: number }) {
  const { t } = useTranslation();
  const { refusals = [], notes = [], looked = of } = would;
  return (
    <Stack gap={4}>
      <Text size="sm" c="dimmed">
        {t("table.bulk.preview", {
          changed: would.changed,
          unchanged: would.unchanged,
          refused: would.refused,
        })}
        {looked < of && ` ${t("table.bulk.looked", { count: looked })}`}
      </Text>
      {notes.map((note) => (
        <Text key={note} size="sm" c="dimmed">
          {note}
        </Text>
      ))}
      {refusals.length > 0 && (
        <List size="sm">
          {refusals.slice(0, NAMED).map(({ row, why }) => (
            <List.Item key={row}>
              <bdi>{row}</bdi>: {why}
            </List.Item>
          ))}
          {refusals.length > NAMED && (
            <List.Item>{t("table.bulk.others", { count: refusals.length - NAMED })}</List.Item>
          )}
        </List>
      )}
    </Stack>
  );
}
