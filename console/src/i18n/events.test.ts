import { expect, test } from "vitest";
import { eventText } from "./events";
import { EVENT_CODES, EVENTS } from "./events.gen";

test("an event is told in the reader's language, one of a newer server by its name", () => {
  expect(eventText("sign_in_refused")).toBe("サインインを拒否");
  expect(eventText("of_a_newer_server")).toBe("of_a_newer_server");
});

test("every event that has a text has a name", () => {
  const codes = Object.values(EVENT_CODES).map(String);
  expect(codes.sort()).toEqual(Object.keys(EVENTS.ja).sort());
});
