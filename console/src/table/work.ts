//! Work on everything that matches, with how far it is.
import { useEffect, useRef, useState } from "react";

/** Work on everything that matches, one at a time, stopped with the page. */
export function useWork() {
  const [state, setState] = useState<{ what?: "csv" | "select"; count: number; problem?: unknown }>(
    {
      count: 0,
    },
  );
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  const run = (
    what: "csv" | "select",
    work: (signal: AbortSignal, progress: (count: number) => void) => Promise<void>,
  ) => {
    abort.current?.abort();
    const controller = new AbortController();
    abort.current = controller;
    setState({ what, count: 0 });
    work(controller.signal, (count) => setState({ what, count })).then(
      () => setState({ count: 0 }),
      (problem: unknown) => {
        if (!controller.signal.aborted) setState({ count: 0, problem });
      },
    );
  };
  return { ...state, run };
}
