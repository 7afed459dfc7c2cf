//! Rows do not jump away under the hand of who is at them: what is new waits
//! until it is asked for.
import { type FocusEvent, useRef, useState } from "react";

export interface Steady<T> {
  rows: T[];
  /** So many rows are new and not shown yet. */
  fresh: number;
}

/**
 * The rows shown, with what is known of them now. A row that is gone goes; one
 * that new rows have only pushed off the end of the page stays.
 */
export function steady<T>(shown: T[], next: T[], id: (row: T) => string): Steady<T> {
  const now = new Map(next.map((row) => [id(row), row]));
  const before = new Set(shown.map(id));
  const fresh = next.filter((row) => !before.has(id(row))).length;
  const lastKept = shown.findLastIndex((row) => now.has(id(row)));
  const rows = shown.flatMap((row, at) => {
    const found = now.get(id(row));
    if (found !== undefined) return [found];
    return fresh > 0 && at > lastKept ? [row] : [];
  });
  return { rows, fresh };
}

/** `key` names what is asked for: another question is another answer. */
export function useSteady<T>(next: T[], key: string, id: (row: T) => string, held: boolean) {
  const hand = useRef({ pointer: false, focus: false });
  const shown = useRef<{ key: string; rows: T[] }>({ key: "", rows: [] });
  const [, redraw] = useState(0);
  const isHeld = held || hand.current.pointer || hand.current.focus;
  const kept =
    isHeld && shown.current.key === key && shown.current.rows.length > 0
      ? steady(shown.current.rows, next, id)
      : { rows: next, fresh: 0 };
  // Nothing new: the order of the server counts, e.g. after a change of a name.
  const result =
    kept.fresh === 0 && kept.rows.length === next.length ? { rows: next, fresh: 0 } : kept;
  shown.current = { key, rows: result.rows };
  return {
    ...result,
    /** Shows what is new. */
    show: () => {
      shown.current = { key: "", rows: [] };
      redraw((n) => n + 1);
    },
    /** For the element that holds the rows. */
    watch: {
      onPointerEnter: () => {
        hand.current.pointer = true;
      },
      onPointerLeave: () => {
        hand.current.pointer = false;
      },
      onFocus: () => {
        hand.current.focus = true;
      },
      onBlur: (event: FocusEvent<HTMLElement>) => {
        hand.current.focus = event.currentTarget.contains(event.relatedTarget);
      },
    },
  };
}
