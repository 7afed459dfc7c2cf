//! A change is made against the version that was read; another one is there after
//! somebody else's change.
import { useState } from "react";
import { isProblem } from "../api/problem";

export interface Stale<T> {
  /** What the next change is made against; nothing for a new object. */
  base: T | undefined;
  /** What is there now, while it is to be chosen whose is kept. */
  theirs: T | undefined;
  /** Looks what is there now, if that was the problem. */
  onError: (error: Error) => Promise<void>;
  /** It was chosen. */
  settle: (now: T) => void;
}

export function useStale<T>(start: T | undefined, read: () => Promise<T>): Stale<T> {
  const [base, setBase] = useState(start);
  const [theirs, setTheirs] = useState<T>();
  return {
    base,
    theirs,
    onError: async (error) => {
      if (start !== undefined && isProblem(error, "stale")) setTheirs(await read());
    },
    settle: (now) => {
      setBase(now);
      setTheirs(undefined);
    },
  };
}
