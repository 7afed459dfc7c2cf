//! Addresses, names and networks as people type them: one per line, in full-width
//! letters or plain ones. Close enough: the server reads them for good.
import { normalise } from "../../i18n/format";

export interface WrongLine {
  /** From 1. */
  line: number;
  text: string;
}

export interface Lines {
  read: string[];
  wrong: WrongLine | undefined;
}

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

export const isDnsName = (name: string) =>
  name.length > 0 && name.length <= 253 && name.split(".").every((label) => LABEL.test(label));

const octets = (text: string): number[] | undefined => {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const parts = text.split(".").map(Number);
  return parts.every((part) => part < 256) ? parts : undefined;
};

/** The sixteen bytes of an IPv6 address. */
function bytes(text: string): number[] | undefined {
  const halves = text.split("::");
  if (!/^[0-9a-f:]+$/i.test(text) || halves.length > 2) return undefined;
  const groups = (half: string | undefined) => (half ? half.split(":") : []);
  const [head, tail] = [groups(halves[0]), groups(halves[1])];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array<string>(missing).fill("0"), ...tail];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

export const isIpAddress = (text: string) => (octets(text) ?? bytes(text)) !== undefined;

/** A name or an address, as in a certificate. Four numbers are no name. */
export const isHost = (text: string) =>
  /^[\d.]+$/.test(text) || text.includes(":") ? isIpAddress(text) : isDnsName(text);

/** `name:8383`, `192.0.2.1:8383` or `[2001:db8::1]:8383`. */
export function isHostPort(text: string): boolean {
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (!found) return false;
  const port = Number(found[3]);
  const host = found[1] ? bytes(found[1]) !== undefined : isHost(found[2] ?? "");
  return host && port > 0 && port < 65_536;
}

/** A network in CIDR notation without bits behind its length; not the whole internet. */
export function isNetwork(text: string): boolean {
  const found = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = found && (octets(found[1] ?? "") ?? bytes(found[1] ?? ""));
  if (!address) return false;
  const length = Number(found[2]);
  if (length < 8 || length > address.length * 8) return false;
  return address.every((byte, at) => {
    const kept = Math.min(Math.max(length - at * 8, 0), 8);
    return (byte & (255 >> kept)) === 0;
  });
}

/** Reads what stands on its lines, and names the first that is none. */
export function readLines(text: string, isGood: (one: string) => boolean): Lines {
  const read: string[] = [];
  let wrong: WrongLine | undefined;
  for (const { 0: typed, index } of text.matchAll(/[^\s,、]+/gu)) {
    const one = normalise(typed);
    if (!wrong && !isGood(one)) {
      wrong = { line: text.slice(0, index).split("\n").length, text: typed };
    }
    if (!read.includes(one)) read.push(one);
  }
  return { read, wrong };
}

/** What every pairing string begins with. */
const PAIRING = "sekisho-gw1-";

/** The string among what was pasted: a terminal breaks long lines. */
export function readPairing(text: string): string | undefined {
  const plain = normalise(text);
  const begin = plain.indexOf(PAIRING);
  if (begin < 0) return undefined;
  const found = plain.slice(begin).replace(/\s+/g, "");
  return found.length > PAIRING.length ? found : undefined;
}
