import { describe, expect, test } from "vitest";
import type { Me, Schemas } from "../../api/client";
import { firstOpen, isStep, stepsOf } from "./steps";

const me = (...permissions: string[]) => ({ permissions }) as Me;
const ADMIN = me("manage_server", "download_agent", "view_resources");
const NOTHING = { second_factor: false } as Schemas["Overview"];

describe("the steps of first run", () => {
  test("are done when the server says so", () => {
    expect(firstOpen(stepsOf(ADMIN, NOTHING))).toBe("factor");
    const all = {
      second_factor: true,
      certificate_chosen: true,
      recovery_key_proved: true,
      has_agent: true,
      known_accounts: 1,
    } as Schemas["Overview"];
    expect(Object.values(stepsOf(ADMIN, all))).not.toContain(false);
    expect(firstOpen(stepsOf(ADMIN, all))).toBe("password");
    expect(firstOpen(stepsOf(ADMIN, { ...all, recovery_key_proved: false }))).toBe("recovery");
    expect(firstOpen(stepsOf(ADMIN, { ...all, known_accounts: 0 }))).toBe("password");
  });

  test("are those that the caller may take", () => {
    expect(stepsOf(me(), NOTHING)).toEqual({ administrator: true, factor: false });
    expect(stepsOf(me("view_resources"), NOTHING)).toHaveProperty("password", false);
    expect(stepsOf(me("download_agent"), NOTHING)).not.toHaveProperty("recovery");
  });

  test("have names that an address may hold", () => {
    expect(isStep("agent")).toBe(true);
    for (const other of ["", "toString", 7, undefined]) expect(isStep(other)).toBe(false);
  });
});
