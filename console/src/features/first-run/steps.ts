//! The steps of first run, and which of them the server says are done.
import type { Me, Schemas } from "../../api/client";
import { may } from "../../shell/nav";

export const STEPS = [
  "administrator",
  "factor",
  "certificate",
  "recovery",
  "agent",
  "password",
] as const;
export type StepId = (typeof STEPS)[number];

export type Done = Partial<Record<StepId, boolean>>;

export function isStep(value: unknown): value is StepId {
  return typeof value === "string" && (STEPS as readonly string[]).includes(value);
}

/** The steps that are the caller's to take, each with whether it is done. */
export function stepsOf(me: Me, overview: Schemas["Overview"]): Done {
  const done: Done = { administrator: true, factor: overview.second_factor };
  if (may(me, "manage_server")) {
    done.certificate = Boolean(overview.certificate_chosen);
    done.recovery = Boolean(overview.recovery_key_proved);
  }
  if (may(me, "download_agent")) done.agent = Boolean(overview.has_agent);
  if (may(me, "view_resources")) done.password = Boolean(overview.known_accounts);
  return done;
}

/** The first that is not done yet; the last when all are. */
export function firstOpen(done: Done): StepId {
  const mine = STEPS.filter((step) => done[step] !== undefined);
  return mine.find((step) => !done[step]) ?? mine.at(-1) ?? "administrator";
}
