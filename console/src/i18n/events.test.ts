import { expect, test } from "vitest";
import { eventText, lineText } from "./events";
import { EVENT_CODES, EVENTS } from "./events.gen";

test("an event is told in the reader's language, one of a newer server by its name", () => {
  expect(eventText("sign_in_refused")).toBe("サインインを拒否");
  expect(eventText("of_a_newer_server")).toBe("of_a_newer_server");
});

test("a line of the audit log is told by its code, whatever the server calls it", () => {
  const line = { code: 740, name: "Gateway paired" };
  expect(lineText(line)).toBe("ゲートウェイを登録");
  expect(lineText({ code: 65535, name: "Of a newer server" })).toBe("Of a newer server");
});

test("every event that has a text has a name", () => {
  const codes = Object.values(EVENT_CODES).map(String);
  expect(codes.sort()).toEqual(Object.keys(EVENTS.ja).sort());
});
