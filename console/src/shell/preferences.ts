//! Choices of this person, as this browser remembers them.
import { useSyncExternalStore } from "react";

interface Preferences {
  shortcuts: boolean;
  density: "normal" | "compact";
  startDismissed: boolean;
}

const DEFAULTS: Preferences = { shortcuts: true, density: "normal", startDismissed: false };
const STORED = "sekisho.preferences";
const listeners = new Set<() => void>();
let value = read();

function read(): Preferences {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORED) ?? "{}");
    return { ...DEFAULTS, ...(typeof found === "object" ? found : {}) };
  } catch {
    return DEFAULTS;
  }
}

export function setPreferences(change: Partial<Preferences>) {
  value = { ...value, ...change };
  try {
    localStorage.setItem(STORED, JSON.stringify(value));
  } catch {
    // Then it is only for this visit.
  }
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => value,
  );
}

export function preferences(): Preferences {
  return value;
}
