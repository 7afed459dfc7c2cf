import { expect, test } from "vitest";
import type { Page } from "../api/client";
import { everything, TooMany } from "./all";
import { cell, csv } from "./csv";
import { runAll } from "./run";
import { readListSearch, readTyped } from "./search";
import { listTwin, option } from "./twin";

test("an address that makes no sense is read as far as it does", () => {
  const read = readListSearch({ q: 4711, limit: "7", state: "", after: {}, new: "yes" }, ["state"]);
  expect(read).toEqual({
    q: "4711",
    after: undefined,
    limit: undefined,
    sort: undefined,
    cols: undefined,
    tab: undefined,
    open: undefined,
    new: undefined,
    state: undefined,
  });
  expect(readListSearch({ limit: 200 }, []).limit).toBe(200);
  expect(readListSearch({ sort: "-last_seen_at" }, []).sort).toBe("-last_seen_at");
  expect(readListSearch({ sort: "a&b" }, []).sort).toBeUndefined();
});

test("typed conditions are told from free text", () => {
  const known = { state: ["pending", "approved"], from: undefined };
  expect(readTyped("ｗｅｂ　state:pending", known)).toEqual({
    q: "web",
    filters: { state: "pending" },
  });
  expect(readTyped("state:nonsense http://a", known)).toEqual({
    q: "state:nonsense http://a",
    filters: {},
  });
});

test("a spreadsheet runs nothing that a name holds", () => {
  for (const text of ["=1+1", "+1", "-1", "@a", "\tx"])
    expect(cell(text).replace('"', "")[0]).toBe("'");
  expect(cell('a "b", c')).toBe('"a ""b"", c"');
  expect(csv([["名前"], ["=cmd()"]])).toBe("\uFEFF名前\r\n'=cmd()\r\n");
});

test("everything is read page by page, up to a limit", async () => {
  const pages: Record<string, Page<number>> = {
    "": { items: [1, 2], next: "b" },
    b: { items: [3], next: null },
  };
  const read = async ({ after }: { after?: string }) => pages[after ?? ""] as Page<number>;
  const { signal } = new AbortController();
  expect(await everything(read, { most: 3, signal })).toEqual([1, 2, 3]);
  await expect(everything(read, { most: 2, signal })).rejects.toBeInstanceOf(TooMany);
});

test("each row of a bulk action says for itself how it went", async () => {
  const seen: string[] = [];
  let running = 0;
  let most = 0;
  const action = async (row: number) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    if (row === 3) throw new Error("no");
  };
  const { signal } = new AbortController();
  await runAll([1, 2, 3, 4, 5, 6], action, signal, (index, outcome) =>
    seen.push(`${index} ${outcome}`),
  );
  expect(seen.filter((line) => line.endsWith(" ok"))).toHaveLength(5);
  expect(seen).toContain("2 failed");
  expect(most).toBe(4);
});

test("a stopped bulk action leaves the rest alone", async () => {
  const controller = new AbortController();
  const outcomes: string[] = [];
  const action = async () => {
    await Promise.resolve();
    controller.abort();
  };
  await runAll([1, 2, 3, 4, 5, 6, 7], action, controller.signal, (_, outcome) =>
    outcomes.push(outcome),
  );
  expect(outcomes.filter((outcome) => outcome === "stopped")).toHaveLength(3);
});

test("a list's twin has its conditions, and not what is only for the eye", () => {
  const search = { q: "it's", state: "open", cols: "a,b", open: "x", tab: "t", limit: 200 };
  expect(
    listTwin("/orders", "sekisho orders list", search, { q: option("--search", "it's") }),
  ).toEqual({
    requests: [{ method: "GET", path: "/orders?q=it%27s&state=open&limit=200" }],
    commands: ["sekisho orders list --search 'it'\\''s'"],
  });
});
