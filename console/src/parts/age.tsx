//! An age in days, or none: of passwords, and of checks.
import { Group, NumberInput, Select } from "@mantine/core";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

/** As the server has it: days, `off`, or nothing said. */
export type Age = number | "off" | null;

/** Reads what the API's document leaves open. */
export function ageOf(value: unknown): Age {
  return typeof value === "number" || value === "off" ? value : null;
}

/** What somebody reads; `nothing` is for what is not said. */
export function ageText(t: TFunction, age: Age, nothing: string): string {
  if (age === null) return nothing;
  return age === "off" ? t("pages.age.off") : t("pages.age.days", { count: age });
}

export const MOST_DAYS = 3_650;
const FIRST_DAYS = 90;

interface Props {
  label: string;
  description?: string;
  value: Age;
  onChange: (value: Age) => void;
  /** What it is called when nothing is said; that cannot be chosen without it. */
  nothing?: string;
}

export function AgeField({ label, description, value, onChange, nothing }: Props) {
  const { t } = useTranslation();
  const kind = value === null ? "nothing" : value === "off" ? "off" : "days";
  return (
    <Group align="flex-end" gap="xs">
      <Select
        label={label}
        {...(description ? { description } : {})}
        style={{ flex: "1 1 220px" }}
        allowDeselect={false}
        data={[
          ...(nothing === undefined ? [] : [{ value: "nothing", label: nothing }]),
          { value: "off", label: t("pages.age.off") },
          { value: "days", label: t("pages.age.choose") },
        ]}
        value={kind}
        onChange={(next) => onChange(next === "days" ? FIRST_DAYS : next === "off" ? "off" : null)}
      />
      {kind === "days" && (
        <NumberInput
          aria-label={`${label} (${t("common.days")})`}
          w={130}
          min={1}
          max={MOST_DAYS}
          clampBehavior="blur"
          allowDecimal={false}
          suffix={` ${t("common.days")}`}
          value={value as number}
          onChange={(next) => typeof next === "number" && onChange(next)}
        />
      )}
    </Group>
  );
}
