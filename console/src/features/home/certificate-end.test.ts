import { expect, test } from "vitest";
import { certificateEnd } from "./certificate-end";

const now = Date.parse("2027-01-01T00:00:00Z");

test("the nearer the end, the louder", () => {
  const at = (end: string) => certificateEnd(end, now);
  expect(at("2027-01-31T00:00:01Z")).toBeUndefined();
  expect(at("2027-01-31T00:00:00Z")).toEqual({ days: 30, tone: "yellow" });
  expect(at("2027-01-08T00:00:01Z")).toEqual({ days: 8, tone: "yellow" });
  expect(at("2027-01-08T00:00:00Z")).toEqual({ days: 7, tone: "orange" });
  expect(at("2027-01-01T00:00:01Z")).toEqual({ days: 1, tone: "orange" });
  expect(at("2027-01-01T00:00:00Z")?.tone).toBe("red");
  expect(at("2026-12-01T00:00:00Z")?.tone).toBe("red");
  expect(certificateEnd(null, now)).toBeUndefined();
});
