//! Sorting: a click on a column's head asks the server for another order.
import { Select, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowsSort, IconArrowUp } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** Upwards, downwards, as it was. */
export function nextSort(now: string | undefined, word: string): string | undefined {
  if (now === word) return `-${word}`;
  return now === `-${word}` ? undefined : word;
}

export function ariaSort(now: string | undefined, word: string | undefined) {
  if (word === undefined) return undefined;
  if (now === word) return "ascending" as const;
  return now === `-${word}` ? ("descending" as const) : ("none" as const);
}

interface HeadProps {
  label: string;
  word: string;
  now: string | undefined;
  onChange: (next: string | undefined) => void;
}

export function SortHead({ label, word, now, onChange }: HeadProps) {
  const Icon = now === word ? IconArrowUp : now === `-${word}` ? IconArrowDown : IconArrowsSort;
  return (
    <UnstyledButton
      className="sort-head"
      data-active={now === word || now === `-${word}` || undefined}
      onClick={() => onChange(nextSort(now, word))}
    >
      {label}
      <Icon size={13} stroke={1.8} aria-hidden="true" />
    </UnstyledButton>
  );
}

interface MenuProps {
  columns: readonly { label: string; sort?: string }[];
  now: string | undefined;
  onChange: (next: string | undefined) => void;
}

/** The same where there are no heads: on a phone. */
export function SortMenu({ columns, now, onChange }: MenuProps) {
  const { t } = useTranslation();
  const data = columns.flatMap(({ label, sort }) =>
    sort
      ? [
          { value: sort, label: t("table.sortUp", { name: label }) },
          { value: `-${sort}`, label: t("table.sortDown", { name: label }) },
        ]
      : [],
  );
  if (data.length === 0) return null;
  return (
    <Select
      size="sm"
      clearable
      aria-label={t("table.sort")}
      placeholder={t("table.sort")}
      data={data}
      value={data.some(({ value }) => value === now) ? (now ?? null) : null}
      onChange={(value) => onChange(value ?? undefined)}
    />
  );
}
