//! Whether the session has ended under an open page. The page stays, with what
//! was typed into it; a dialog asks to sign in again.
import { useSyncExternalStore } from "react";

let ended = false;
let watching = false;
const listeners = new Set<() => void>();

function set(value: boolean) {
  if (ended === value) return;
  ended = value;
  for (const listener of listeners) listener();
}

/** From here on a refusal for want of a session asks to sign in again. */
export function watchSession(on: boolean) {
  watching = on;
  if (!on) set(false);
}

export function sessionEnded() {
  if (watching) set(true);
}

export function sessionRenewed() {
  set(false);
}

export function useSessionEnded(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => ended,
  );
}
