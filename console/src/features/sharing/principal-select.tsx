//! Choosing a person, or a group of people, by typing part of the name.
import { Loader, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { normalise } from "../../i18n/format";
import { problemText } from "../../parts/problem";

/** `user:ID` or `user_group:ID`. */
export type PrincipalKey = string;

interface Props {
  label: string;
  description?: string;
  value: PrincipalKey | null;
  onChange: (value: PrincipalKey | null, name: string) => void;
  /** Only people, no groups. */
  usersOnly?: boolean;
}

/** The two parts of a key. */
export function principalOf(key: PrincipalKey): { kind: string; id: string } {
  const at = key.indexOf(":");
  return { kind: key.slice(0, at), id: key.slice(at + 1) };
}

export function PrincipalSelect({ label, description, value, onChange, usersOnly }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [sought] = useDebouncedValue(typed, 250);
  const [chosen, setChosen] = useState<{ value: string; label: string }>();
  const q = normalise(sought === chosen?.label ? "" : sought);
  const found = useQuery({
    queryKey: ["principals", q],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/principals", { params: { query: { q, limit: 50 } }, signal })),
    staleTime: 30_000,
  });
  const items = (found.data?.items ?? []).filter((one) => !usersOnly || one.kind === "user");
  const option = (one: (typeof items)[number]) => ({
    value: `${one.kind}:${one.id}`,
    label:
      one.display_name && one.display_name !== one.name
        ? `${one.name} (${one.display_name})`
        : one.name,
  });
  const group = (kind: string, title: string) => ({
    group: title,
    items: items.filter((one) => one.kind === kind).map(option),
  });
  // What was chosen stays in the list, whatever is typed next.
  const kept = chosen && !items.some((one) => option(one).value === chosen.value) ? [chosen] : [];
  return (
    <Select
      label={label}
      {...(description ? { description } : {})}
      required
      searchable
      data-autofocus
      nothingFoundMessage={t("pages.sharing.nobody")}
      error={found.error ? problemText(t, found.error) : undefined}
      rightSection={found.isFetching ? <Loader size={16} /> : undefined}
      // The server has searched already.
      filter={({ options }) => options}
      data={[
        ...kept,
        ...[
          group("user", t("pages.sharing.users")),
          group("user_group", t("pages.sharing.userGroups")),
        ].filter((one) => one.items.length > 0),
      ]}
      value={value}
      onSearchChange={setTyped}
      onChange={(next, item) => {
        setChosen(item ? { value: item.value, label: item.label } : undefined);
        onChange(next, item?.label ?? "");
      }}
    />
  );
}
