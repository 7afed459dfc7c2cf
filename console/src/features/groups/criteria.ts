//! What a group takes in by itself: rules over name, address and platform.
import type { TFunction } from "i18next";
import type { Criteria } from "../../api/client";
import type { useWord } from "../../parts/words";

export type Rule = Criteria["rules"][number];

export const MOST_RULES = 16;
export const FIELDS = ["name", "address", "platform"] as const;
export const PLATFORMS = ["linux", "windows", "windows_domain"] as const;
const TEXT_OPERATORS = [
  "contains",
  "not_contains",
  "equals",
  "not_equals",
  "begins_with",
  "ends_with",
] as const;
const PLATFORM_OPERATORS = ["equals", "not_equals"] as const;

export const operatorsOf = (field: string): readonly string[] =>
  field === "platform" ? PLATFORM_OPERATORS : TEXT_OPERATORS;

export const newRule = (): Rule => ({ field: "name", operator: "contains", text: "" });

/** The rule with another field: an operator and a text that fit stay. */
export function withField(rule: Rule, field: string): Rule {
  const operators = operatorsOf(field);
  const isPlatform = field === "platform";
  const fits = isPlatform === (rule.field === "platform");
  return {
    field,
    operator: operators.includes(rule.operator) ? rule.operator : (operators[0] as string),
    text: fits ? rule.text : isPlatform ? PLATFORMS[0] : "",
  };
}

/** As it is sent, or nothing while a text is missing. */
export function complete(criteria: Criteria): Criteria | undefined {
  const rules = criteria.rules.map((rule) => ({ ...rule, text: rule.text.trim() }));
  const isComplete = rules.length > 0 && rules.every(({ text }) => text !== "");
  return isComplete ? { ...criteria, rules } : undefined;
}

type Words = ReturnType<typeof useWord>;

/** One rule as a phrase. */
export function ruleText(t: TFunction, word: Words, { field, operator, text }: Rule): string {
  return t("pages.groups.criteria.rule", {
    field: t(`pages.groups.criteria.fields.${field}` as never, { defaultValue: field }),
    operator: t(`pages.groups.criteria.operators.${operator}` as never, { defaultValue: operator }),
    text: field === "platform" ? word("platform", text) : text,
  });
}

/** The criteria as one line. */
export function criteriaText(t: TFunction, word: Words, criteria: Criteria): string {
  const joint = criteria.match === "any" ? "any" : "all";
  return criteria.rules
    .map((rule) => ruleText(t, word, rule))
    .join(t(`pages.groups.criteria.joints.${joint}`));
}
