//! One stream of events a tab: the server says what has changed, and what was
//! read of it is read again. A message holds a kind and at most an id.
import type { Query, QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { sessionEnded, useSessionEnded } from "./session";

/** The kinds of the server; the first words of the names of what is read. */
export const KINDS = [
  "accounts",
  "resources",
  "orders",
  "devices",
  "agents",
  "enrolment-keys",
  "users",
  "me",
  "tokens",
  "policies",
  "groups",
  "user-groups",
  "roles",
  "packages",
  "gateways",
  "audit",
  "system",
] as const;
export type Kind = (typeof KINDS)[number];

/** What is counted on Home changes with these. */
const COUNTED: readonly Kind[] = [
  "accounts",
  "resources",
  "orders",
  "devices",
  "agents",
  "enrolment-keys",
  "me",
  "system",
];

/** With what of this kind is changed, so may be with whom it is shared. */
const SHARED: readonly Kind[] = ["accounts", "resources", "groups"];

/** Reading it is itself on record, so it is not read again by itself. */
const RECORDED: readonly string[] = ["audit", "history"];

/** `down`: what is shown may be old, and the stream is tried again. */
export type LiveState = "off" | "connecting" | "live" | "down";

/** The part of `EventSource` that is used. */
export interface Source {
  readonly readyState: number;
  onerror: ((event: Event) => void) | null;
  addEventListener(kind: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

/** What is changed at once is read once; a list that never rests, so often. */
const GATHER_MS = 100;
const REST_MS = 2_000;
/** A stream that breaks and comes back at once is no news. */
const PATIENCE_MS = 6_000;
/** How soon a stream that the server refused is tried again. */
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;
const CLOSED = 2;

/** Pages look again by themselves so often: seldom while the server tells. */
export const lookAgain = () => (now === "live" ? 60_000 : 15_000);
/** And so often where somebody waits for an end. */
export const lookSoon = () => (now === "live" ? 15_000 : 1_500);

let now: LiveState = "off";
const told = new Map<Kind, number>();
const listeners = new Set<() => void>();

function changed() {
  for (const listener of listeners) listener();
}

function become(next: LiveState) {
  if (now === next) return;
  now = next;
  changed();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

export const useLiveState = () => useSyncExternalStore(subscribe, () => now);

/** Whether something of a kind has changed since an instant, for what is not read by itself. */
export const useIsOld = (kind: string, since: number) =>
  useSyncExternalStore(subscribe, () => since > 0 && (told.get(kind as Kind) ?? 0) > since);

export interface Surroundings {
  client: QueryClient;
  open: (url: string) => Source;
  /** Called when the server says that the session has ended. */
  onSessionEnd: () => void;
}

/** Begins to listen; the function that is returned ends it. */
export function listen({ client, open, onSessionEnd }: Surroundings): () => void {
  let source: Source | undefined;
  let last: string | undefined;
  let known = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let patience: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_RETRY_MS;
  const gathered = gather(client);

  const reached = () => {
    clearTimeout(patience);
    patience = undefined;
    wait = FIRST_RETRY_MS;
    become("live");
  };
  const lost = () => {
    if (now !== "down" && patience === undefined) {
      patience = setTimeout(() => become("down"), PATIENCE_MS);
    }
  };
  const stop = () => {
    clearTimeout(retry);
    clearTimeout(patience);
    patience = undefined;
    source?.close();
    source = undefined;
  };
  const start = () => {
    stop();
    if (now !== "down") become("connecting");
    // A page cannot set Last-Event-ID; a browser that reconnects by itself does.
    const opened = open(`/api/v1/events${last ? `?after=${encodeURIComponent(last)}` : ""}`);
    source = opened;
    lost();
    const on = (kind: string, act: (id: string | undefined) => void) =>
      opened.addEventListener(kind, (event) => {
        if (source !== opened) return;
        if (event.lastEventId) last = event.lastEventId;
        reached();
        act(idIn(event.data));
      });
    // `ready` comes to who has no place to go on from: what was read before is old.
    on("ready", () => {
      if (known) gathered.everything();
      known = true;
    });
    on("reset", gathered.everything);
    on("session_ended", () => {
      stop();
      become("off");
      onSessionEnd();
    });
    for (const kind of KINDS) on(kind, (id) => gathered.add(kind, id));
    // Resumed, and nothing has happened: the browser says so.
    opened.addEventListener("open", () => source === opened && last && reached());
    opened.onerror = () => {
      if (source !== opened) return;
      lost();
      // The browser tries again by itself unless it was refused.
      if (opened.readyState !== CLOSED) return;
      source = undefined;
      retry = setTimeout(start, wait);
      wait = Math.min(wait * 2, LAST_RETRY_MS);
    };
  };

  // Nobody looks: nothing is read, and the stream is left to others.
  const look = () => {
    if (document.hidden) {
      stop();
      become("off");
    } else if (source === undefined) start();
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    stop();
    gathered.stop();
    become("off");
  };
}

function idIn(data: string): string | undefined {
  try {
    const { id } = JSON.parse(data) as { id?: unknown };
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Puts together what changed, and has it read again: at once, then not too often. */
function gather(client: QueryClient) {
  // `null`: several, or it is not said which.
  let waiting = new Map<Kind, Set<string> | null>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let rests = 0;

  const flush = () => {
    timer = undefined;
    rests = Date.now() + REST_MS;
    const found = waiting;
    waiting = new Map();
    const counted = COUNTED.some((kind) => found.has(kind));
    const shared = SHARED.some((kind) => found.has(kind));
    void client.invalidateQueries({
      predicate: ({ queryKey }) => {
        const [kind, form, id] = queryKey;
        if (RECORDED.includes(String(kind))) return false;
        if (kind === "overview") return counted;
        if (kind === "shares") return shared;
        // What became of the tasks one asked for.
        if (kind === "notifications") return found.has("orders");
        if (kind === "offices") return found.has("gateways");
        const ids = found.get(kind as Kind);
        if (ids === undefined) return false;
        return form !== "one" || ids === null || ids.has(String(id));
      },
    });
  };
  const later = () => {
    timer ??= setTimeout(flush, Math.max(GATHER_MS, rests - Date.now()));
  };
  return {
    add(kind: Kind, id: string | undefined) {
      told.set(kind, Date.now());
      if (RECORDED.includes(kind)) return changed();
      const ids = waiting.get(kind);
      if (id === undefined) waiting.set(kind, null);
      else if (ids === undefined) waiting.set(kind, new Set([id]));
      else ids?.add(id);
      later();
    },
    everything() {
      const at = Date.now();
      for (const kind of KINDS) told.set(kind, at);
      changed();
      void client.invalidateQueries({ predicate: isRefreshed });
    },
    stop: () => clearTimeout(timer),
  };
}

/** Whether something is read again by itself. */
export const isRefreshed = ({ queryKey }: Query) => !RECORDED.includes(String(queryKey[0]));

/** Listens as long as the page is open and somebody is signed in. */
export function useLive(client: QueryClient) {
  const ended = useSessionEnded();
  useEffect(() => {
    if (ended || typeof EventSource === "undefined") return;
    return listen({
      client,
      open: (url) => new EventSource(url) as unknown as Source,
      onSessionEnd: sessionEnded,
    });
  }, [client, ended]);
}
