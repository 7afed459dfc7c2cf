//! Conditions as chips: each says what it is, and can be taken away.
import {
  Button,
  CloseButton,
  Group,
  Popover,
  ScrollArea,
  Stack,
  TextInput,
  UnstyledButton,
} from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { exactTime, normalise } from "../i18n/format";
import type { Filter } from "./types";

interface Props {
  filter: Filter;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

const SEARCH_FROM = 9;

export function FilterChip({ filter, value, onChange }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const shown =
    filter.kind === "time"
      ? value && exactTime(value)
      : (filter.options?.find((option) => option.value === value)?.label ?? value);
  const wanted = normalise(typed).toLowerCase();
  const options = (filter.options ?? []).filter((option) =>
    normalise(option.label).toLowerCase().includes(wanted),
  );
  const choose = (next: string | undefined) => {
    setOpen(false);
    setTyped("");
    onChange(next);
  };
  return (
    <Group gap={0} wrap="nowrap" className="chip" data-active={value ? true : undefined}>
      <Popover
        opened={open}
        onChange={setOpen}
        position="bottom-start"
        shadow="md"
        trapFocus
        returnFocus
      >
        <Popover.Target>
          <Button
            size="compact-sm"
            variant={value ? "light" : "default"}
            fw={value ? 600 : 400}
            onClick={() => setOpen((now) => !now)}
            aria-haspopup="dialog"
            rightSection={value ? null : <IconChevronDown size={14} aria-hidden="true" />}
          >
            {value ? `${filter.label}: ${shown}` : filter.label}
          </Button>
        </Popover.Target>
        <Popover.Dropdown p="xs" aria-label={filter.label}>
          {filter.kind === "time" ? (
            <TextInput
              type="datetime-local"
              step={1}
              label={filter.label}
              defaultValue={value ? localInput(value) : ""}
              onChange={(event) => {
                const at = new Date(event.currentTarget.value);
                if (!Number.isNaN(at.getTime())) onChange(at.toISOString());
              }}
            />
          ) : (
            <Stack gap={4} miw={190}>
              {(filter.options?.length ?? 0) >= SEARCH_FROM && (
                <TextInput
                  size="xs"
                  aria-label={t("table.search")}
                  placeholder={t("table.search")}
                  value={typed}
                  onChange={(event) => setTyped(event.currentTarget.value)}
                />
              )}
              <ScrollArea.Autosize mah={320}>
                {options.map((option) => (
                  <UnstyledButton
                    key={option.value}
                    className="option"
                    aria-pressed={option.value === value}
                    onClick={() => choose(option.value === value ? undefined : option.value)}
                  >
                    {option.label}
                  </UnstyledButton>
                ))}
              </ScrollArea.Autosize>
            </Stack>
          )}
        </Popover.Dropdown>
      </Popover>
      {value && (
        <CloseButton
          size="sm"
          aria-label={t("table.removeFilter", { name: filter.label })}
          onClick={() => choose(undefined)}
        />
      )}
    </Group>
  );
}

/** What `datetime-local` wants: local time without a zone. */
function localInput(value: string): string {
  const at = new Date(value);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
