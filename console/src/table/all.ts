//! Everything that matches, page by page.
import type { Page } from "../api/client";

export interface PageQuery {
  limit: number;
  after?: string;
}

export class TooMany extends Error {
  constructor(readonly limit: number) {
    super(`more than ${limit} rows`);
  }
}

/** Reads page after page until the end. */
export async function everything<T>(
  read: (query: PageQuery, signal: AbortSignal) => Promise<Page<T>>,
  options: { most: number; signal: AbortSignal; onProgress?: (count: number) => void },
): Promise<T[]> {
  const all: T[] = [];
  let after: string | undefined;
  do {
    options.signal.throwIfAborted();
    const page = await read({ limit: 200, ...(after ? { after } : {}) }, options.signal);
    all.push(...page.items);
    if (all.length > options.most) throw new TooMany(options.most);
    options.onProgress?.(all.length);
    after = page.next ?? undefined;
  } while (after);
  return all;
}
