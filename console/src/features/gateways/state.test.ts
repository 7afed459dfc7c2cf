import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { en } from "../../i18n/en";
import { ja } from "../../i18n/ja";
import type { Gateway } from "./queries";
import { hostOf, missingNames, plainReason, problemCount, refusals, stateOf } from "./state";

test("a gateway that never connected is not one that was lost", () => {
  const seen = "2026-11-20T00:00:00Z";
  expect(stateOf({ state: "active", connected: true, last_contact_at: seen })).toBe("connected");
  expect(stateOf({ state: "active", connected: false, last_contact_at: seen })).toBe("lost");
  expect(stateOf({ state: "active", connected: false, last_contact_at: null })).toBe("fresh");
  expect(stateOf({ state: "revoked", connected: true, last_contact_at: seen })).toBe("revoked");
});

test("what was only counted is not among what was refused", () => {
  const found = refusals([
    { reason: "not_found", count: 7 },
    { reason: "would_connections", count: 9 },
    { reason: "handshakes_of_address", count: 2 },
    { reason: "malformed", count: 1 },
  ]);
  expect(found).toMatchObject({ all: 10, notFound: 7, limited: 2, other: 1, dry: 9 });
  expect(found.rows.map(({ reason, dry }) => [reason, dry])).toEqual([
    ["connections", true],
    ["not_found", false],
    ["handshakes_of_address", false],
    ["malformed", false],
  ]);
  expect(plainReason("would_busy")).toEqual({ reason: "busy", dry: true });
});

test("every reason of the gateway has a text in both languages", () => {
  const source = readFileSync("../crates/gateway/src/limits/reason.rs", "utf8");
  const words = [...source.matchAll(/^ {4}\w+ "(\w+)" (?:true|false),$/gm)].map(([, word]) => word);
  expect(words.length).toBeGreaterThan(30);
  for (const { pages } of [ja, en]) {
    expect(Object.keys(pages.gateways.reasons).sort()).toEqual([...words].sort());
  }
});

test("everything that a gateway or the server can say of it has a text in both languages", () => {
  const words = [
    ["../crates/wire/src/gateway.rs", "GatewayTopic"],
    ["../crates/server/src/gateways/live.rs", "Topic"],
  ].flatMap(([file = "", name]) => {
    const source = readFileSync(file, "utf8");
    const body = source.match(new RegExp(`enum ${name} \\{([^}]*)\\}`))?.[1] ?? "";
    return [...body.matchAll(/^ {4}(\w+),$/gm)].map(([, word = ""]) =>
      word.replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase(),
    );
  });
  expect(words.length).toBeGreaterThan(20);
  for (const { pages } of [ja, en]) {
    expect(Object.keys(pages.gateways.topics).sort()).toEqual([...words].sort());
  }
});

const gateway = (more: Partial<Gateway>) =>
  ({
    state: "active",
    connected: true,
    compatible: true,
    public: [],
    status: { problems: [], certificate: null },
    ...more,
  }) as unknown as Gateway;

test("problems are counted once each, and those of a revoked one are nobody's", () => {
  expect(problemCount(gateway({}))).toBe(0);
  expect(problemCount(gateway({ connected: false }))).toBe(1);
  expect(problemCount(gateway({ compatible: false }))).toBe(1);
  const status = {
    problems: [{ topic: "dial" }, { topic: "tls" }],
    certificate: null,
  } as unknown as Gateway["status"];
  expect(problemCount(gateway({ status }))).toBe(2);
  expect(problemCount(gateway({ state: "revoked", connected: false }))).toBe(0);
});

test("an imported certificate that ends soon is a problem, one of the site is not", () => {
  const ends = (imported: boolean) => {
    const not_after = new Date(Date.now() + 86_400_000).toISOString();
    return gateway({
      status: {
        problems: [],
        certificate: { imported, not_after },
      } as unknown as Gateway["status"],
    });
  };
  expect(problemCount(ends(true))).toBe(1);
  expect(problemCount(ends(false))).toBe(0);
});

test("names that the certificate lacks are found", () => {
  const public_ = ["vault.example.jp:8383", "DR.example.jp:443", "[2001:db8::1]:8383"].map(
    (address) => ({ address }),
  );
  const here = gateway({ public: public_ as Gateway["public"] });
  expect(missingNames(here, ["vault.example.jp"])).toEqual(["dr.example.jp", "2001:db8::1"]);
  expect(missingNames(here, ["*.example.jp", "2001:db8::1"])).toEqual([]);
  expect(missingNames(here, ["*.jp", "2001:db8::1"])).toEqual([
    "vault.example.jp",
    "dr.example.jp",
  ]);
  expect(hostOf("[2001:db8::1]:8383")).toBe("2001:db8::1");
});
