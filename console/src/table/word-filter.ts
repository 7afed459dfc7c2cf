//! A condition whose options are words of the server.
import type { useWord, WordKind } from "../parts/words";
import type { Filter } from "./types";

export function wordFilter(
  word: ReturnType<typeof useWord>,
  id: string,
  label: string,
  kind: WordKind,
  values: readonly string[],
): Filter {
  return { id, label, options: values.map((value) => ({ value, label: word(kind, value) })) };
}
