//! Split DNS: what is to be said of a name that leads to one thing inside and to
//! another outside.
import type { Schemas } from "../../api/client";
import type { Tone } from "../../parts/words";

export type NameCheck = Schemas["NameCheckView"];

export type Verdict =
  | "split"
  | "gateway"
  | "direct"
  | "notInside"
  | "elsewhere"
  | "certificate"
  | "wanServer";

/** What hinders most comes first. */
export function verdictOf(check: NameCheck): { verdict: Verdict; tone: Tone } {
  if (check.gateway_certificate === false) return { verdict: "certificate", tone: "bad" };
  if (check.lan_reaches === "nothing") return { verdict: "notInside", tone: "warn" };
  if (check.lan_reaches === "elsewhere") return { verdict: "elsewhere", tone: "warn" };
  if (check.lan_reaches === "gateway") return { verdict: "gateway", tone: "good" };
  if (check.wan_reaches === "gateway") return { verdict: "split", tone: "good" };
  if (check.wan_reaches === "server") return { verdict: "wanServer", tone: "warn" };
  // Behind a NAT device the gateway does not know its own address outside.
  return { verdict: "direct", tone: "quiet" };
}

const REACHED = ["server", "gateway", "elsewhere", "nothing"] as const;
export type Reached = (typeof REACHED)[number];

/** The server's word, if it is one that this console knows. */
export const reached = (word: string | null | undefined): Reached | undefined =>
  REACHED.find((one) => one === word);
