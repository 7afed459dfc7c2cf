//! The first drawing of a list: the rows in sight at once, the others after them.
import { startTransition, useEffect, useMemo, useState } from "react";

/** About what a large screen shows without scrolling. */
const IN_SIGHT = 20;

/**
 * The rows to draw now. When a list has just got its first rows, these are the
 * ones in sight; the rest follows without holding up the reader. Later changes
 * (other conditions, another page) are drawn whole, so that nothing jumps.
 */
export function useRowsInSight<T>(rows: T[]): T[] {
  const [whole, setWhole] = useState(false);
  const hasRows = rows.length > 0;
  useEffect(() => {
    if (hasRows) startTransition(() => setWhole(true));
  }, [hasRows]);
  return useMemo(() => (whole ? rows : rows.slice(0, IN_SIGHT)), [rows, whole]);
}
