//! Whether and where one gets mail.
import { Alert, Button, Checkbox, Group, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, body, type Schemas } from "../../api/client";
import { normalise } from "../../i18n/format";
import { ProblemAlert } from "../../parts/problem";
import { useWord } from "../../parts/words";
import { useReportWords } from "./words";

type Kind = Schemas["Kind"];
const KINDS: Kind[] = ["reset_failed", "verify_failed", "reset_done", "verify_done"];

export const ownMail = {
  queryKey: ["me", "mail"],
  queryFn: ({ signal }: { signal: AbortSignal }) => body(api.GET("/api/v1/me/mail", { signal })),
};

export function OwnMail() {
  const w = useReportWords();
  const word = useWord();
  const client = useQueryClient();
  const found = useQuery(ownMail);
  const form = useForm({ initialValues: { address: "", tasks: false, kinds: [] as string[] } });
  const { setValues, resetDirty } = form;
  useEffect(() => {
    if (!found.data) return;
    const { address, tasks, kinds } = found.data;
    setValues({ address: address ?? "", tasks, kinds });
    resetDirty({ address: address ?? "", tasks, kinds });
  }, [found.data, setValues, resetDirty]);
  const save = useMutation({
    mutationFn: () => {
      const { tasks, kinds } = form.values;
      const address = normalise(form.values.address).trim() || null;
      return body(
        api.PUT("/api/v1/me/mail", {
          body: { address, tasks: tasks && address !== null, kinds: kinds as Kind[] },
        }),
      );
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ownMail.queryKey });
      notifications.show({ color: "teal", message: w.mail.saved });
    },
  });
  if (found.error) return <ProblemAlert error={found.error} />;
  if (!found.data) return null;
  return (
    <form onSubmit={form.onSubmit(() => save.mutate())} noValidate>
      <Stack gap="sm" maw={560}>
        {!found.data.available && <Alert color="yellow">{w.mail.unavailable}</Alert>}
        {save.error && <ProblemAlert error={save.error} fields={{ address: w.mail.address }} />}
        <TextInput
          type="email"
          autoComplete="email"
          label={w.mail.address}
          description={w.mail.addressHint}
          maxLength={254}
          {...form.getInputProps("address")}
        />
        <Switch label={w.mail.tasks} {...form.getInputProps("tasks", { type: "checkbox" })} />
        {form.values.tasks && (
          <Checkbox.Group label={w.mail.kinds} {...form.getInputProps("kinds")}>
            <Group gap="lg" mt="xs">
              {KINDS.map((kind) => (
                <Checkbox key={kind} value={kind} label={word("notification", kind)} />
              ))}
            </Group>
          </Checkbox.Group>
        )}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
            {w.mail.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
