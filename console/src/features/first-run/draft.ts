//! What was typed into a step and not sent yet: kept in this tab, so that a reload
//! loses nothing. Secrets are never kept.

const PREFIX = "sekisho.draft.";

/** What is kept under a name; what is not, as `empty` says. */
export function readDraft<T extends Record<string, string>>(name: string, empty: T): T {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(PREFIX + name) ?? "null");
    if (typeof found !== "object" || found === null) return empty;
    const kept = found as Record<string, unknown>;
    const fields = Object.entries(empty).map(([field, value]) => {
      const typed = kept[field];
      return [field, typeof typed === "string" ? typed : value];
    });
    return Object.fromEntries(fields) as T;
  } catch {
    // Storage may be forbidden, and what is in it is anybody's.
    return empty;
  }
}

export function keepDraft(name: string, values: Record<string, string>) {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(values));
  } catch {
    // Then a reload loses it.
  }
}

export function dropDraft(name: string) {
  try {
    sessionStorage.removeItem(PREFIX + name);
  } catch {
    // It was not kept either.
  }
}
