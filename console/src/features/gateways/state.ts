//! What is to be said of a gateway: its state in a word, what was refused, what is
//! to be looked at.
import type { Gateway, GatewayStatus } from "./queries";

/** `fresh`: paired, and never connected so far. */
export type GatewayState = "connected" | "lost" | "fresh" | "revoked";

type Known = Pick<Gateway, "state" | "connected" | "last_contact_at">;

export function stateOf(gateway: Known): GatewayState {
  if (gateway.state === "revoked") return "revoked";
  if (gateway.connected) return "connected";
  return gateway.last_contact_at ? "lost" : "fresh";
}

/** What stands before a reason that was only counted, because limits are on trial. */
const DRY = "would_";

/** Reasons that are limits: who is refused by them did nothing that is not allowed. */
const LIMITS = new Set([
  "handshakes",
  "handshakes_of_address",
  "handshakes_in_flight",
  "connections",
  "connections_of_address",
  "connections_of_device",
  "enrolment",
  "enrolment_of_address",
  "enrolment_in_flight",
  "calls_of_device",
  "relay_full",
  "banned",
  "memory",
  "busy",
  "pass_through",
]);

export interface Refused {
  reason: string;
  count: number;
  /** It was only counted. */
  dry: boolean;
}

export interface Refusals {
  /** Most frequent first. */
  rows: Refused[];
  /** Of those that were really refused. */
  all: number;
  notFound: number;
  limited: number;
  other: number;
  /** Of those that were only counted. */
  dry: number;
}

/** What a gateway refused since it started. */
export function refusals(refused: GatewayStatus["refused"]): Refusals {
  const found: Refusals = { rows: [], all: 0, notFound: 0, limited: 0, other: 0, dry: 0 };
  for (const { reason, count } of refused) {
    const dry = reason.startsWith(DRY);
    const word = dry ? reason.slice(DRY.length) : reason;
    found.rows.push({ reason: word, count, dry });
    if (dry) {
      found.dry += count;
      continue;
    }
    found.all += count;
    if (word === "not_found") found.notFound += count;
    else if (LIMITS.has(word)) found.limited += count;
    else found.other += count;
  }
  found.rows.sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  return found;
}

/** A reason without what says that it was only counted. */
export const plainReason = (reason: string) =>
  reason.startsWith(DRY) ? { reason: reason.slice(DRY.length), dry: true } : { reason, dry: false };

/** So many things are to be looked at: what the server says, and the gateway itself. */
export function problemCount(gateway: Gateway): number {
  if (gateway.state === "revoked") return 0;
  const own = gateway.connected ? (gateway.status?.problems.length ?? 0) : 0;
  const link = gateway.connected ? 0 : 1;
  return own + link + (gateway.compatible ? 0 : 1) + (isShort(gateway) ? 1 : 0);
}

/** An imported certificate that ends soon is for people to renew. */
const EARLY_MS = 30 * 86_400_000;

function isShort({ status }: Gateway): boolean {
  const certificate = status?.certificate;
  return Boolean(
    certificate?.imported && new Date(certificate.not_after).getTime() - Date.now() < EARLY_MS,
  );
}

/** The host of `host:port`, without brackets. */
export function hostOf(address: string): string {
  const at = address.lastIndexOf(":");
  return (at < 0 ? address : address.slice(0, at)).replace(/^\[(.*)\]$/, "$1");
}

/** Names of public addresses that the certificate is not for. */
export function missingNames(gateway: Gateway, names: readonly string[]): string[] {
  const covers = (name: string) =>
    names.some((one) => one === name || (one.startsWith("*.") && endsLike(name, one.slice(1))));
  const hosts = gateway.public.map(({ address }) => hostOf(address).toLowerCase());
  return [...new Set(hosts)].filter((host) => !covers(host));
}

/** A star stands for one label. */
const endsLike = (name: string, suffix: string) =>
  name.endsWith(suffix) && !name.slice(0, -suffix.length).includes(".");
