//! Choosing several things by typing parts of their names, and adding each of them
//! somewhere; each says for itself how it went.
import { Button, Group, Loader, MultiSelect, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { normalise } from "../i18n/format";
import { Dialog } from "../parts/dialog";
import { ProblemAlert } from "../parts/problem";
import { Results, useRun } from "./results";

export interface Found {
  id: string;
  name: string;
  /** What tells it from others of its name. */
  hint?: string | null | undefined;
}

interface Props {
  title: string;
  explain?: string;
  label: string;
  /** Under which what is found is kept. */
  name: string;
  find: (q: string, signal: AbortSignal) => Promise<Found[]>;
  add: (id: string) => Promise<unknown>;
  /** What is read anew afterwards. */
  touches: readonly string[];
  onClose: () => void;
}

/** The text of an option. */
const optionText = ({ name, hint }: Found) => (hint && hint !== name ? `${name} (${hint})` : name);

export function AddMany({ title, explain, label, name, find, add, touches, onClose }: Props) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<ReadonlyMap<string, string>>(new Map());
  const [typed, setTyped] = useState("");
  const [sought] = useDebouncedValue(normalise(typed), 250);
  const found = useQuery({
    queryKey: ["find", name, sought],
    queryFn: ({ signal }) => find(sought, signal),
    staleTime: 10_000,
  });
  const options = new Map((found.data ?? []).map((one) => [one.id, optionText(one)]));
  const { results, running, run, stop } = useRun<string>(touches, add);
  const start = async (ids: string[]) => {
    if (!(await run(ids))) return;
    notifications.show({ color: "teal", message: t("common.added", { count: chosen.size }) });
    onClose();
  };
  return (
    <Dialog onClose={onClose} title={title} closeOnClickOutside={chosen.size === 0}>
      {results ? (
        <Results
          title={title}
          {...{ results, running, onClose }}
          rowName={(id) => chosen.get(id) ?? id}
          rowId={(id) => id}
          onStop={stop}
          onRetry={(ids) => void start(ids)}
        />
      ) : (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (chosen.size > 0) void start([...chosen.keys()]);
          }}
        >
          <Stack>
            {explain && <Text size="sm">{explain}</Text>}
            {found.error && <ProblemAlert error={found.error} />}
            <MultiSelect
              label={label}
              data-autofocus
              searchable
              hidePickedOptions
              maxDropdownHeight={260}
              placeholder={chosen.size === 0 ? t("common.typeName") : ""}
              nothingFoundMessage={t("common.nothingFound")}
              rightSection={found.isFetching ? <Loader size={16} /> : undefined}
              // The server has searched already.
              filter={({ options: all }) => all}
              data={[...new Map([...chosen, ...options])].map(([value, text]) => ({
                value,
                label: text,
              }))}
              value={[...chosen.keys()]}
              searchValue={typed}
              onSearchChange={setTyped}
              onChange={(ids) => {
                setChosen(new Map(ids.map((id) => [id, options.get(id) ?? chosen.get(id) ?? id])));
                setTyped("");
              }}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" disabled={chosen.size === 0}>
                {t("common.add")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
