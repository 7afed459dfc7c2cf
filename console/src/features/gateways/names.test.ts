import { expect, test } from "vitest";
import { type NameCheck, verdictOf } from "./names";

const check = (lan_reaches: string, wan_reaches: string | null, more: Partial<NameCheck> = {}) =>
  verdictOf({
    name: "vault.example.jp",
    here: ["192.0.2.1"],
    lan_reaches,
    gateway_certificate: true,
    wan_reaches,
    ...more,
  } as NameCheck);

test("one name that leads inside and outside to what is right there is fine", () => {
  expect(check("server", "gateway")).toEqual({ verdict: "split", tone: "good" });
  expect(check("gateway", "gateway")).toEqual({ verdict: "gateway", tone: "good" });
});

test("what hinders agents is said, the worst first", () => {
  expect(check("server", "gateway", { gateway_certificate: false }).verdict).toBe("certificate");
  expect(check("nothing", "gateway")).toEqual({ verdict: "notInside", tone: "warn" });
  expect(check("elsewhere", "gateway").verdict).toBe("elsewhere");
  expect(check("server", "server")).toEqual({ verdict: "wanServer", tone: "warn" });
});

test("what nobody knows here is left to a look from outside", () => {
  for (const wan of [null, "elsewhere", "nothing"]) {
    expect(check("server", wan), String(wan)).toEqual({ verdict: "direct", tone: "quiet" });
  }
});
