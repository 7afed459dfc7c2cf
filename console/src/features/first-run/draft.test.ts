import { beforeEach, expect, test } from "vitest";
import { dropDraft, keepDraft, readDraft } from "./draft";

const EMPTY = { name: "", label: "web" };

beforeEach(() => sessionStorage.clear());

test("what was typed is there after a reload, and nothing that was not asked for", () => {
  expect(readDraft("a", EMPTY)).toEqual(EMPTY);
  keepDraft("a", { name: "ann", other: "x" });
  expect(readDraft("a", EMPTY)).toEqual({ name: "ann", label: "web" });
  expect(readDraft("b", EMPTY)).toEqual(EMPTY);
  dropDraft("a");
  expect(readDraft("a", EMPTY)).toEqual(EMPTY);
});

test("what somebody else wrote there does no harm", () => {
  for (const text of ["{", "7", "null", '{"name":7}']) {
    sessionStorage.setItem("sekisho.draft.a", text);
    expect(readDraft("a", EMPTY)).toEqual(EMPTY);
  }
});
