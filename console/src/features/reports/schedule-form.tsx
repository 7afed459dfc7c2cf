//! Having a report sent to oneself.
import {
  Alert,
  Button,
  Group,
  NativeSelect,
  NumberInput,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { exactTime } from "../../i18n/format";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { ownMail } from "./own-mail";
import { fill, known, useReportWords } from "./words";

interface Props {
  report: string;
  parameters: Record<string, string>;
  onClose: () => void;
}

const EVERY = ["day", "week", "month"] as const;

export function ScheduleForm({ report, parameters, onClose }: Props) {
  const { t } = useTranslation();
  const w = useReportWords();
  const client = useQueryClient();
  const mail = useQuery(ownMail);
  const form = useForm({
    initialValues: {
      name: known(w.names, report),
      every: "week" as (typeof EVERY)[number],
      weekday: "1",
      monthDay: 1 as number | string,
      at: "09:00",
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    validate: {
      name: (value) => (value.trim() ? null : t("common.required", { field: w.schedule.name })),
      at: (value) =>
        /^\d\d:\d\d$/.test(value) ? null : t("common.required", { field: w.schedule.at }),
    },
  });
  const { every } = form.values;
  const save = useMutation({
    mutationFn: () => {
      const { name, weekday, monthDay, at, zone } = form.values;
      const day = { day: null, week: Number(weekday), month: Number(monthDay) }[every];
      return body(
        api.POST("/api/v1/report-schedules", {
          body: { name: name.trim(), report, parameters, every, day, at, zone: zone.trim() },
        }),
      );
    },
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ["report-schedules"] });
      const at = made.next_run_at ? exactTime(made.next_run_at) : "";
      notifications.show({ color: "teal", message: fill(w.schedule.saved, { at }) });
      onClose();
    },
  });
  const cannot = !mail.data
    ? undefined
    : !mail.data.available
      ? w.schedule.noMail
      : !mail.data.address
        ? w.schedule.noAddress
        : undefined;
  const labels = {
    name: w.schedule.name,
    every: w.schedule.every,
    day: every === "week" ? w.schedule.weekday : w.schedule.monthDay,
    at: w.schedule.at,
    zone: w.schedule.zone,
  };
  return (
    <Dialog onClose={onClose} title={w.schedule.title} closeOnClickOutside={!form.isDirty()}>
      <form onSubmit={form.onSubmit(() => save.mutate())} noValidate>
        <Stack>
          {cannot && <Alert color="yellow">{cannot}</Alert>}
          {save.error && <ProblemAlert error={save.error} fields={labels} />}
          <TextInput
            label={w.schedule.name}
            description={w.schedule.nameHint}
            maxLength={100}
            data-autofocus
            {...form.getInputProps("name")}
          />
          <NativeSelect
            label={w.schedule.every}
            data={EVERY.map((value) => ({ value, label: w.schedule[value] }))}
            {...form.getInputProps("every")}
          />
          {every === "week" && (
            <NativeSelect
              label={w.schedule.weekday}
              data={w.weekdays.map((label, at) => ({ value: String(at + 1), label }))}
              {...form.getInputProps("weekday")}
            />
          )}
          {every === "month" && (
            <NumberInput
              label={w.schedule.monthDay}
              description={w.schedule.monthDayHint}
              min={1}
              max={31}
              allowDecimal={false}
              {...form.getInputProps("monthDay")}
            />
          )}
          <TextInput type="time" label={w.schedule.at} {...form.getInputProps("at")} />
          <TextInput label={w.schedule.zone} {...form.getInputProps("zone")} />
          {mail.data?.address && (
            <Text size="sm" c="dimmed">
              {fill(w.schedule.explain, { address: mail.data.address })}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={cannot !== undefined}>
              {w.schedule.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
