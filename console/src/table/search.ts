//! The state of a list lives in its address: a copied link shows the same.
import { useNavigate, useRouterState, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { normalise } from "../i18n/format";

/** What every list keeps in its address. */
export interface ListSearch {
  /** Free text. */
  q?: string | undefined;
  /** Where the page begins: a cursor of the server. */
  after?: string | undefined;
  /** Rows a page; 50 if not given. */
  limit?: number | undefined;
  /** By which of the server's words it is sorted; `-` before it: backwards. */
  sort?: string | undefined;
  /** Names of the columns shown, in order; the default ones if not given. */
  cols?: string | undefined;
}

/** And what a page around it keeps there. */
export interface PageSearch extends ListSearch {
  /** The tab of a page about one thing. */
  tab?: string | undefined;
  /** What is opened beside the list. */
  open?: string | undefined;
  /** Whether the form for a new one is open. */
  new?: true | undefined;
}

export const LIMITS = [50, 100, 200] as const;
export const DEFAULT_LIMIT = 50;
const MAX_SEARCH = 200;

/** Reads an address. What makes no sense is left out instead of refused. */
export function readListSearch<const F extends string>(
  search: Record<string, unknown>,
  filters: readonly F[],
): PageSearch & { [K in F]?: string | undefined } {
  const read: Record<string, unknown> = {
    q: textOf(search.q)?.slice(0, MAX_SEARCH),
    after: textOf(search.after),
    limit: LIMITS.find((limit) => limit === Number(search.limit) && limit !== DEFAULT_LIMIT),
    sort: /^-?[a-z_]+$/.test(textOf(search.sort) ?? "") ? textOf(search.sort) : undefined,
    cols: textOf(search.cols),
    tab: textOf(search.tab),
    open: textOf(search.open),
    new: search.new === true || undefined,
  };
  for (const filter of filters) read[filter] = textOf(search[filter]);
  return read as PageSearch & { [K in F]?: string | undefined };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export interface ListState {
  q: string;
  after: string | undefined;
  limit: number;
  sort: string | undefined;
  columns: string[] | undefined;
  filters: Record<string, string>;
  /** The number of the page, from 1, as far as it is known. */
  page: number;
  set: (change: Record<string, string | number | undefined>) => void;
  next: (cursor: string) => void;
  previous: () => void;
  first: () => void;
  clear: () => void;
}

/** The list's state in the present address. `filters` must not change. */
export function useListState(filters: readonly string[]): ListState {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const trail = useRouterState({ select: (state) => state.location.state.trail ?? [] });
  const navigate = useNavigate();

  const go = useCallback(
    (change: Record<string, unknown>, state: { trail?: (string | null)[] }, replace = false) => {
      void navigate({
        to: ".",
        search: ((now: Record<string, unknown>) => ({ ...now, ...change })) as never,
        state: state as never,
        replace,
        resetScroll: false,
      });
    },
    [navigate],
  );

  return useMemo(() => {
    const read = readListSearch(search, filters) as Record<string, unknown> & ListSearch;
    const active: Record<string, string> = {};
    for (const filter of filters) {
      const value = read[filter];
      if (typeof value === "string") active[filter] = value;
    }
    return {
      q: read.q ?? "",
      after: read.after,
      limit: read.limit ?? DEFAULT_LIMIT,
      sort: read.sort,
      columns: read.cols?.split(",").filter(Boolean),
      filters: active,
      page: read.after ? trail.length + 1 : 1,
      // Another condition is another list: it begins at its beginning.
      set: (change) => go({ after: undefined, ...change }, {}, true),
      next: (cursor) => go({ after: cursor }, { trail: [...trail, read.after ?? null] }),
      previous: () => go({ after: trail.at(-1) ?? undefined }, { trail: trail.slice(0, -1) }),
      first: () => go({ after: undefined }, {}),
      clear: () =>
        go(
          {
            q: undefined,
            after: undefined,
            ...Object.fromEntries(filters.map((f) => [f, undefined])),
          },
          {},
          true,
        ),
    };
  }, [search, filters, trail, go]);
}

/**
 * Splits what somebody typed into free text and conditions: `web state:pending`
 * becomes `web` and the filter `state`. Full-width letters are plain ones.
 */
export function readTyped(
  typed: string,
  known: Record<string, readonly string[] | undefined>,
): { q: string; filters: Record<string, string> } {
  const filters: Record<string, string> = {};
  const rest: string[] = [];
  for (const word of normalise(typed).split(/\s+/)) {
    const [, name, value] = /^([a-z_]+):(.+)$/.exec(word) ?? [];
    if (name && value && known[name]?.includes(value)) filters[name] = value;
    else if (word) rest.push(word);
  }
  return { q: rest.join(" ").slice(0, MAX_SEARCH), filters };
}
