//! One action on many rows: some may fail, and each says so itself.

export type Outcome = "waiting" | "running" | "ok" | "failed" | "stopped";

export interface RowResult<T> {
  row: T;
  outcome: Outcome;
  error?: unknown;
}

const AT_ONCE = 4;

/** So many rows the server looks at in one question what would happen. */
export const ASKED = 200;
/** And so many are looked at altogether, before something is done to all of them. */
export const PREVIEWED = 1_000;

/** Runs an action on each row, a few at a time; reports every change. */
export async function runAll<T>(
  rows: readonly T[],
  action: (row: T) => Promise<unknown>,
  signal: AbortSignal,
  report: (index: number, outcome: Outcome, error?: unknown) => void,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < rows.length; index = next++) {
      if (signal.aborted) {
        report(index, "stopped");
        continue;
      }
      report(index, "running");
      try {
        await action(rows[index] as T);
        report(index, "ok");
      } catch (error) {
        report(index, "failed", error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, rows.length) }, worker));
}

/** Calls for so many of them at a time, one call after the other. */
export async function inChunks<T, R>(
  all: readonly T[],
  size: number,
  call: (some: T[]) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < all.length; at += size) answers.push(await call(all.slice(at, at + size)));
  return answers;
}
