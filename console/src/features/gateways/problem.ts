//! What a refused pairing means, and at which field it is to be said.
import { isProblem } from "../../api/problem";

/** What a `conflict` of a pairing says is in the way. */
export const PAIRING_CONFLICTS = [
  "gateway_unreachable",
  "gateway_other_key",
  "gateway_not_waiting",
  "pairing_expired",
  "pairing_used",
  "pairing_secret_wrong",
  "gateway_version",
  "gateway_unreadable",
  "gateway_paired_already",
  "name_taken",
  "too_many",
] as const;
export type PairingConflict = (typeof PAIRING_CONFLICTS)[number];

export type PairingField = "pairing" | "name" | "public" | "dial";
const FIELDS: readonly string[] = ["pairing", "name", "public", "dial"] satisfies PairingField[];

export interface PairingFault {
  /** None: of the whole form. */
  field: PairingField | undefined;
  /** Whose text is shown; none: the field is not as it should be. */
  word: PairingConflict | "invalid_string" | undefined;
}

/** `undefined`: something else, which has a text of its own everywhere. */
export function pairingFault(error: unknown): PairingFault | undefined {
  if (!isProblem(error)) return undefined;
  if (error.code === "conflict") {
    const word = PAIRING_CONFLICTS.find((one) => one === error.conflict);
    if (!word) return undefined;
    if (word === "too_many") return { field: undefined, word };
    return { field: word === "name_taken" ? "name" : "pairing", word };
  }
  if (error.code !== "invalid_input") return undefined;
  const field = FIELDS.find((one) => one === error.field) as PairingField | undefined;
  if (!field) return undefined;
  return { field, word: field === "pairing" ? "invalid_string" : undefined };
}
