import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  BOUNDS,
  different,
  formOf,
  isRate,
  limitsOf,
  limitText,
  MIB,
  NAMES,
  type Words,
} from "./limits";
import { rate, USUAL } from "./limits.test-data";

test("a form gives back the limits it was made of", () => {
  const odd = { ...USUAL, memory_bytes: 100 * MIB + 7, per_device: rate(1500, 3) };
  for (const limits of [USUAL, odd]) {
    expect(limitsOf(formOf(limits), limits)).toEqual({ limits, wrong: {} });
  }
});

test("every limit is in a group, once", () => {
  const names = Object.keys(USUAL).filter((name) => name !== "dry_run");
  expect([...NAMES].sort()).toEqual(names.sort());
});

test("bounds are the server's", () => {
  // The lines of `out_of_bounds`: ("name", …, least, most).
  const source = readFileSync("../crates/server/src/gateways/configure.rs", "utf8");
  const values: Record<string, number> = {
    MAX_RATE: 1_000_000_000,
    "64 * MIB": 64 * MIB,
    "1024 * 1024 * MIB": 1024 * 1024 * MIB,
    "7 * 24 * 3600": 7 * 24 * 3600,
  };
  const value = (text: string) => values[text] ?? Number(text.replaceAll("_", ""));
  const found = [...source.matchAll(/\("(\w+)", [^\n]*?, ([\w *]+), ([\w *]+)\),\n/g)];
  expect(found.length).toBe(NAMES.length);
  for (const [, name, least, most] of found) {
    const limit = NAMES.find((one) => one === name);
    if (!limit) throw new Error(`${name} is no limit of the form`);
    const unit = isRate(limit) ? 1000 : limit === "memory_bytes" ? MIB : 1;
    expect([limit, ...BOUNDS[limit].map((bound) => bound * unit)]).toEqual([
      name,
      value(least ?? ""),
      value(most ?? ""),
    ]);
  }
});

test("what is empty, broken or out of bounds is named", () => {
  const form = formOf(USUAL);
  form.connections = "";
  form.connections_per_device = 1;
  form.ban_after = 1.5;
  form.burst.handshakes = 0;
  form.handshakes_per_address = 0.05;
  expect(Object.keys(limitsOf(form, USUAL).wrong).sort()).toEqual([
    "ban_after",
    "burst.handshakes",
    "connections",
    "connections_per_device",
    "handshakes_per_address",
  ]);
});

test("what differs is named, and is read in units", () => {
  const other = { ...USUAL, dry_run: true, ban_after: 0, handshakes: rate(500, 2) };
  expect(different(USUAL, other)).toEqual(["dry_run", "handshakes", "ban_after"]);
  const words: Words = {
    number: String,
    rate: (each, burst) => `${each}/s ${burst}`,
    seconds: (count) => `${count} s`,
    mib: "MiB",
    never: "never",
  };
  const told = (["handshakes", "ban_after", "ban_s", "memory_bytes", "connections"] as const).map(
    (name) => limitText(other, name, words),
  );
  expect(told).toEqual(["0.5/s 2", "never", "600 s", "1024 MiB", "20000"]);
});
