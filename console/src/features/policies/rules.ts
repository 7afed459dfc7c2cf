//! What a password policy says, as people read it.
import type { TFunction } from "i18next";
import type { Policy, Schemas } from "../../api/client";

export type Rules = Required<Schemas["Rules"]>;

export const CLASSES = ["lower", "upper", "digit", "symbol"] as const;
export type Class = (typeof CLASSES)[number];

export const LENGTHS = { min: 8, max: 256 } as const;
export const MOST_HISTORY = 200;
export const MOST_EXCLUDED = 128;
export const MOST_NOTICE = 365;

/** The built-in policy: what the server takes where nothing is said. */
const BUILT_IN: Rules = {
  length: 20,
  lower: 1,
  upper: 1,
  digit: 1,
  symbol: 1,
  excluded: "0O1lI|",
  starts_with_letter: true,
  history: 24,
};

export function rulesOf(policy: Policy | undefined): Rules {
  const { rules } = policy ?? {};
  return { ...BUILT_IN, ...rules };
}

/** The classes of characters, in one line. */
export function classesText(t: TFunction, rules: Rules): string {
  return CLASSES.map((name) => {
    const least = rules[name];
    const label = t(`pages.policies.classes.${name}`);
    if (least === null) return t("pages.policies.without", { class: label });
    return t("pages.policies.atLeast", { class: label, count: least });
  }).join(t("pages.policies.and"));
}
