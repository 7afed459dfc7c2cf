//! Times: relative to read, exact to cite.
import { Text } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { exactTime, relativeTime } from "../i18n/format";

const EVERY = 20_000;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, EVERY);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time now, one clock for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

interface Props {
  value: string | null | undefined;
  /** What stands there when it never was. */
  none?: string;
}

/** `3 分前`, with the exact time for who points at it. Not by a tooltip of the
 * library's: a page shows hundreds of these. */
export function Ago({ value, none }: Props) {
  const { t } = useTranslation();
  useNow();
  if (!value)
    return (
      <Text span c="dimmed" inherit>
        {none ?? t("common.never")}
      </Text>
    );
  return (
    <time dateTime={value} title={exactTime(value)}>
      {relativeTime(value, Date.now())}
    </time>
  );
}

/** The exact time. */
export function At({ value }: { value: string }) {
  return <time dateTime={value}>{exactTime(value)}</time>;
}
