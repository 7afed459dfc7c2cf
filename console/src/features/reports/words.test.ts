import { describe, expect, it } from "vitest";
import { fill, known, WORDS } from "./words";

const leaves = (value: object, path = ""): [string, string][] =>
  Object.entries(value).flatMap(([key, one]) =>
    typeof one === "string"
      ? [[`${path}${key}`, one] as [string, string]]
      : leaves(one as object, `${path}${key}.`),
  );

describe("the words of the reports", () => {
  it("are the same in both languages, with the same values in them", () => {
    const ja = new Map(leaves(WORDS.ja));
    const en = new Map(leaves(WORDS.en));
    expect([...en.keys()].sort()).toEqual([...ja.keys()].sort());
    const values = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, n]) => n).sort();
    for (const [key, text] of ja) expect(values(en.get(key) ?? ""), key).toEqual(values(text));
  });

  it("name every report and say what it is", () => {
    for (const words of Object.values(WORDS)) {
      expect(Object.keys(words.explain)).toEqual(Object.keys(words.names));
      expect(words.weekdays).toHaveLength(7);
    }
  });

  it("fill in values and pass unknown words through", () => {
    expect(fill("a {{x}} b {{y}}", { x: 1, y: "z" })).toBe("a 1 b z");
    expect(known({ a: "A" }, "b")).toBe("b");
  });
});
