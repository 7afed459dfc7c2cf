//! The search box of a list: free text, and conditions as they are typed.
import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { readTyped, type useListState } from "./search";
import type { Filter } from "./types";

interface SearchBoxProps {
  what: string;
  list: ReturnType<typeof useListState>;
  filters: Filter[];
}

export function SearchBox({ what, list, filters }: SearchBoxProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(list.q);
  const input = useRef<HTMLInputElement>(null);
  const known = Object.fromEntries(
    filters.map((filter) => [filter.id, filter.options?.map((option) => option.value)]),
  );
  const apply = (text: string) => {
    const read = readTyped(text, known);
    if (read.q === list.q && Object.keys(read.filters).length === 0) return;
    if (Object.keys(read.filters).length > 0) setTyped(read.q);
    list.set({ q: read.q || undefined, ...read.filters });
  };
  const later = useDebouncedCallback(apply, 300);
  // Another address, e.g. by *clear*: but not under the fingers of who types.
  useEffect(() => {
    if (document.activeElement !== input.current) setTyped(list.q);
  }, [list.q]);
  return (
    <TextInput
      ref={input}
      data-list-search
      type="search"
      w={{ base: "100%", sm: 260 }}
      leftSection={<IconSearch size={16} aria-hidden="true" />}
      placeholder={t("table.searchIn", { what })}
      aria-label={t("table.searchIn", { what })}
      aria-keyshortcuts="/"
      value={typed}
      maxLength={200}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        if (!(event.nativeEvent as InputEvent).isComposing) later(event.currentTarget.value);
      }}
      onCompositionEnd={(event) => later(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.nativeEvent.isComposing) apply(typed);
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
