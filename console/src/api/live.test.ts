import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listen, lookAgain, type Source } from "./live";

class FakeSource implements Source {
  readyState = 0;
  onerror: ((event: Event) => void) | null = null;
  closed = false;
  private listeners = new Map<string, (event: MessageEvent<string>) => void>();
  constructor(readonly url: string) {}
  addEventListener(kind: string, listener: (event: MessageEvent<string>) => void) {
    this.listeners.set(kind, listener);
  }
  close() {
    this.closed = true;
  }
  send(kind: string, data: object = {}, lastEventId = "") {
    this.readyState = 1;
    this.listeners.get(kind)?.(new MessageEvent(kind, { data: JSON.stringify(data), lastEventId }));
  }
  refuse() {
    this.readyState = 2;
    this.onerror?.(new Event("error"));
  }
}

let sources: FakeSource[];
let client: QueryClient;
let read: string[];
let stop: () => void;
const ended = vi.fn();
const newest = () => sources.at(-1) as FakeSource;

/** Queries that are on screen, with what was read anew. */
function showing(...keys: unknown[][]) {
  for (const key of keys) {
    client.setQueryData(key, "old");
    const query = client.getQueryCache().find({ queryKey: key });
    query?.setOptions({ ...query.options, queryFn: () => "new" });
  }
  client.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "invalidate") {
      read.push(JSON.stringify(event.query.queryKey));
    }
  });
}

function hide(hidden: boolean) {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

beforeEach(() => {
  vi.useFakeTimers();
  sources = [];
  read = [];
  ended.mockClear();
  client = new QueryClient();
  stop = listen({
    client,
    open: (url) => {
      sources.push(new FakeSource(url));
      return newest();
    },
    onSessionEnd: ended,
  });
});
afterEach(() => {
  stop();
  hide(false);
  vi.useRealTimers();
});

test("what changed is read again, and nothing else", () => {
  showing(
    ["orders", "list", {}],
    ["orders", "one", "a"],
    ["orders", "one", "b"],
    ["users", "list", {}],
    ["overview", "me"],
  );
  newest().send("ready", {}, "p-1");
  newest().send("orders", { id: "a" }, "p-2");
  vi.advanceTimersByTime(150);
  expect(read.sort()).toEqual([
    '["orders","list",{}]',
    '["orders","one","a"]',
    '["overview","me"]',
  ]);
  // Several: each of them may have changed.
  read = [];
  newest().send("orders", {}, "p-3");
  vi.advanceTimersByTime(2_500);
  expect(read).toContain('["orders","one","b"]');
});

test("access that is given or taken away is seen in the lists and on the open page", () => {
  showing(["resources", "list", {}], ["resources", "one", "a"], ["shares", "list", {}], ["me"]);
  newest().send("ready", {}, "p-1");
  newest().send("resources", {}, "p-2");
  vi.advanceTimersByTime(150);
  expect(read.sort()).toEqual([
    '["resources","list",{}]',
    '["resources","one","a"]',
    '["shares","list",{}]',
  ]);
});

test("a list that never rests is not read without rest", () => {
  showing(["orders", "list", {}]);
  newest().send("ready", {}, "p-1");
  for (let at = 0; at < 100; at += 1) {
    newest().send("orders", { id: String(at) }, `p-${at + 2}`);
    vi.advanceTimersByTime(100);
    // As if it had been read meanwhile.
    client.setQueryData(["orders", "list", {}], at);
  }
  expect(read.length).toBeGreaterThan(3);
  expect(read.length).toBeLessThan(8);
});

test("offices are told of with the gateways", () => {
  showing(["gateways", "list", {}], ["offices", "list", {}], ["users", "list", {}]);
  newest().send("ready", {}, "p-1");
  newest().send("gateways", {}, "p-2");
  vi.advanceTimersByTime(150);
  expect(read.sort()).toEqual(['["gateways","list",{}]', '["offices","list",{}]']);
});

test("what is on record when it is read is not read by itself", () => {
  showing(["audit", "list", {}], ["history", "list", {}], ["me"]);
  newest().send("ready", {}, "p-1");
  newest().send("audit", {}, "p-2");
  newest().send("reset", {}, "p-3");
  vi.advanceTimersByTime(3_000);
  expect(read).toEqual(['["me"]']);
});

test("the stream goes on where it was, also after nobody looked", () => {
  showing(["me"]);
  expect(newest().url).toBe("/api/v1/events");
  newest().send("ready", {}, "p-1");
  newest().send("users", { id: "u" }, "p-7");
  hide(true);
  expect(newest().closed).toBe(true);
  vi.advanceTimersByTime(60_000);
  expect(sources).toHaveLength(1);
  hide(false);
  expect(newest().url).toBe("/api/v1/events?after=p-7");
  newest().send("open");
  expect(lookAgain()).toBe(60_000);
  // Another server does not know the place: everything is old.
  expect(read).toEqual([]);
  newest().send("reset", {}, "q-1");
  expect(read).toEqual(['["me"]']);
});

test("a stream that breaks is told after a while and tried again, later and later", () => {
  newest().send("ready", {}, "p-1");
  expect(lookAgain()).toBe(60_000);
  newest().refuse();
  vi.advanceTimersByTime(1_900);
  expect(sources).toHaveLength(1);
  vi.advanceTimersByTime(200);
  expect(sources).toHaveLength(2);
  expect(newest().url).toBe("/api/v1/events?after=p-1");
  newest().refuse();
  vi.advanceTimersByTime(3_000);
  expect(sources).toHaveLength(2);
  vi.advanceTimersByTime(2_000);
  expect(sources).toHaveLength(3);
  // Pages look again by themselves meanwhile.
  expect(lookAgain()).toBe(15_000);
  newest().send("open");
  expect(lookAgain()).toBe(60_000);
});

test("a browser that reconnects by itself is left to it", () => {
  newest().send("ready", {}, "p-1");
  newest().readyState = 0;
  newest().onerror?.(new Event("error"));
  vi.advanceTimersByTime(120_000);
  expect(sources).toHaveLength(1);
  newest().send("orders", {}, "p-2");
  expect(lookAgain()).toBe(60_000);
});

test("the end of the session ends the stream and is said", () => {
  newest().send("ready", {}, "p-1");
  newest().send("session_ended");
  expect(ended).toHaveBeenCalledOnce();
  expect(newest().closed).toBe(true);
  vi.advanceTimersByTime(120_000);
  expect(sources).toHaveLength(1);
});
