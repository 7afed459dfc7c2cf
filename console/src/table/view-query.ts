//! A saved view holds what a list shows as the query of its address.
import { defaultParseSearch, defaultStringifySearch } from "@tanstack/react-router";

/** Where one is in a list, and what is open beside it, is no part of a view. */
const PASSING = ["after", "open", "new"];

/** The query with its `?`; empty for the list as it is. The order of its parts says nothing. */
export function viewQuery(search: Record<string, unknown>): string {
  const kept = Object.entries(search)
    .filter(([name, value]) => value !== undefined && !PASSING.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return defaultStringifySearch(Object.fromEntries(kept));
}

export function readQuery(query: string): Record<string, unknown> {
  return defaultParseSearch(query);
}

/** Whether an address says nothing of what a list shows. */
export const isBare = (search: Record<string, unknown>) =>
  Object.values(search).every((value) => value === undefined);
