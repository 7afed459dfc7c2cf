import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KNOWN_CODES, KNOWN_CONFLICTS } from "../api/problem";
import { en } from "./en";
import { EVENTS } from "./events.gen";
import { exactTime, normalise, relativeTime } from "./format";
import { startI18n } from "./index";
import { ja } from "./ja";

type Tree = { readonly [key: string]: string | Tree };

/** Every text with the way to it. */
function* texts(tree: Tree, path = ""): Generator<[string, string]> {
  for (const [key, value] of Object.entries(tree)) {
    const here = path ? `${path}.${key}` : key;
    if (typeof value === "string") yield [here, value];
    else yield* texts(value, here);
  }
}

const placeholders = (text: string) =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

test("a text has the same placeholders in every language", () => {
  const source = new Map(texts(ja));
  for (const [path, text] of texts(en)) {
    const same = source.get(path) ?? source.get(path.replace(/_one$/, "_other"));
    expect(same, path).toBeDefined();
    expect(placeholders(text), path).toEqual(placeholders(same ?? ""));
  }
});

test("no text is empty, and Japanese has full stops of its own", () => {
  for (const [path, text] of [...texts(ja), ...texts(en)]) expect(text.trim(), path).not.toBe("");
  for (const [path, text] of texts(ja)) expect(text, path).not.toMatch(/[ぁ-ん一-龠]\.$/);
});

test("everything that can be asked of the policy has a text", () => {
  // The file that the tests of the policy keep: one action a line, after its head.
  const matrix = readFileSync("../crates/policy/tests/matrix.txt", "utf8");
  const actions = matrix
    .split("\n")
    .slice(1)
    .flatMap((line) => line.match(/^[a-z_]+/) ?? []);
  expect(actions.length).toBeGreaterThan(50);
  for (const action of actions) expect(ja.words.action).toHaveProperty(action);
});

test("every code of the server has a text", () => {
  for (const code of KNOWN_CODES) expect(ja.problems.texts).toHaveProperty(code);
  for (const word of KNOWN_CONFLICTS) expect(ja.problems.conflicts).toHaveProperty(word);
});

test("events have a name in both languages", () => {
  expect(Object.keys(EVENTS.ja)).toEqual(Object.keys(EVENTS.en));
});

test("times are told in the reader's language", async () => {
  await startI18n("ja");
  const now = Date.parse("2026-11-21T13:05:00Z");
  expect(relativeTime("2026-11-21T13:02:00Z", now)).toBe("3 分前");
  expect(relativeTime("2026-11-21T13:04:55Z", now)).toBe("今");
  expect(relativeTime("2026-11-23T13:05:00Z", now)).toBe("明後日");
  expect(exactTime("2026-11-21T13:05:09Z")).toMatch(/^2026\/11\/2[12] \d\d:05:09 /);
});

test("full-width letters become plain ones", () => {
  expect(normalise(" ｗｅｂ－０１．ｅｘａｍｐｌｅ ")).toBe("web-01.example");
});
