//! The limits of gateways as a form has them: so many a second, memory in MiB. The
//! bounds are the server's.
import type { Limits } from "./queries";

type Rate = Limits["handshakes"];

/** How a limit is shown and typed. */
export type Kind = "count" | "rate" | "seconds" | "memory";

type Names<T> = { [K in keyof Limits]: Limits[K] extends T ? K : never }[keyof Limits];
export type RateName = Names<Rate>;
export type NumberName = Names<number>;
export type LimitName = RateName | NumberName;

export const MIB = 1024 * 1024;

export const GROUPS = {
  incoming: [
    "connections_per_address",
    "connections_per_device",
    "handshakes",
    "handshakes_per_address",
    "per_device",
  ],
  enrolment: ["enrolment_per_address", "enrolment", "enrolment_in_flight"],
  relayed: ["relayed_in_flight"],
  bans: ["ban_after", "ban_s"],
  own: ["connections", "handshakes_in_flight", "memory_bytes", "pass_through"],
} as const satisfies Record<string, readonly LimitName[]>;
export type GroupName = keyof typeof GROUPS;

export const NAMES: readonly LimitName[] = Object.values(GROUPS).flat();

/** The smallest and the largest value, as it is typed. */
export const BOUNDS: Record<LimitName, readonly [number, number]> = {
  connections: [16, 1_000_000],
  connections_per_address: [1, 100_000],
  connections_per_device: [2, 100],
  handshakes: [1, 1_000_000],
  handshakes_per_address: [0.1, 1_000_000],
  handshakes_in_flight: [1, 100_000],
  enrolment_per_address: [0.001, 1_000_000],
  enrolment: [0.001, 1_000_000],
  enrolment_in_flight: [1, 10_000],
  per_device: [0.1, 1_000_000],
  relayed_in_flight: [4, 100_000],
  ban_after: [0, 1_000_000],
  ban_s: [1, 7 * 24 * 3600],
  memory_bytes: [64, 1024 * 1024],
  pass_through: [1, 100_000],
};
export const BURST: readonly [number, number] = [1, 1_000_000];

export function kindOf(name: LimitName): Kind {
  if (name === "ban_s") return "seconds";
  if (name === "memory_bytes") return "memory";
  return isRate(name) ? "rate" : "count";
}

const RATES: readonly string[] = [
  "handshakes",
  "handshakes_per_address",
  "enrolment_per_address",
  "enrolment",
  "per_device",
] satisfies readonly RateName[];

export const isRate = (name: LimitName): name is RateName => RATES.includes(name);

/** What a form holds: a number, and for a rate so many at once. An empty field is `""`. */
export type Typed = number | string;
export type Form = { dry_run: boolean } & Record<LimitName, Typed> & {
    burst: Record<RateName, Typed>;
  };

export function formOf(limits: Limits): Form {
  const burst = {} as Form["burst"];
  const form = { dry_run: limits.dry_run, burst } as Form;
  for (const name of NAMES) {
    if (isRate(name)) {
      form[name] = limits[name].per_1000_s / 1000;
      burst[name] = limits[name].burst;
    } else {
      const value = limits[name as NumberName];
      form[name] = kindOf(name) === "memory" ? Math.round(value / MIB) : value;
    }
  }
  return form;
}

/** The limits of a form; the names of fields outside of their bounds, a rate's burst with
 * `burst.` before it. Memory that was not touched keeps its bytes. */
export function limitsOf(
  form: Form,
  before: Limits,
): { limits: Limits; wrong: Record<string, readonly [number, number]> } {
  const wrong: Record<string, readonly [number, number]> = {};
  const limits: Record<string, unknown> = { dry_run: form.dry_run };
  const read = (path: string, typed: Typed, bounds: readonly [number, number], whole: boolean) => {
    const value = typeof typed === "number" ? typed : Number.NaN;
    const good = value >= bounds[0] && value <= bounds[1] && (!whole || Number.isInteger(value));
    if (!good) wrong[path] = bounds;
    return value;
  };
  for (const name of NAMES) {
    const value = read(name, form[name], BOUNDS[name], !isRate(name));
    if (isRate(name)) {
      const burst = read(`burst.${name}`, form.burst[name], BURST, true);
      limits[name] = { per_1000_s: Math.round(value * 1000), burst };
    } else if (kindOf(name) === "memory") {
      const bytes = before[name as NumberName];
      limits[name] = Math.round(bytes / MIB) === value ? bytes : value * MIB;
    } else {
      limits[name] = value;
    }
  }
  return { limits: limits as unknown as Limits, wrong };
}

/** The names of the limits that are not the same. */
export function different(one: Limits, other: Limits): (LimitName | "dry_run")[] {
  const same = (name: LimitName) => JSON.stringify(one[name]) === JSON.stringify(other[name]);
  const names: (LimitName | "dry_run")[] = NAMES.filter((name) => !same(name));
  return one.dry_run === other.dry_run ? names : ["dry_run", ...names];
}

/** A limit as somebody reads it. */
export interface Words {
  number: (value: number) => string;
  rate: (rate: string, burst: string) => string;
  seconds: (count: number) => string;
  mib: string;
  never: string;
}

export function limitText(limits: Limits, name: LimitName, words: Words): string {
  if (isRate(name)) {
    const { per_1000_s, burst } = limits[name];
    return words.rate(words.number(per_1000_s / 1000), words.number(burst));
  }
  const value = limits[name as NumberName];
  if (name === "ban_after" && value === 0) return words.never;
  if (name === "ban_s") return words.seconds(value);
  if (name === "memory_bytes") return `${words.number(Math.round(value / MIB))} ${words.mib}`;
  return words.number(value);
}
