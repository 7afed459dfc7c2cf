//! Adding and editing a password policy.
import {
  Button,
  Checkbox,
  Fieldset,
  Group,
  NumberInput,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, etag, type Policy } from "../../api/client";
import { type Age, AgeField, ageOf, ageText } from "../../parts/age";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { StaleChange } from "../../parts/stale";
import { useStale } from "../../parts/use-stale";
import {
  CLASSES,
  type Class,
  classesText,
  LENGTHS,
  MOST_EXCLUDED,
  MOST_HISTORY,
  MOST_NOTICE,
  type Rules,
  rulesOf,
} from "./rules";

interface Props {
  /** The one to edit; none: a new one. */
  policy?: Policy;
  onClose: () => void;
}

interface Values {
  name: string;
  rules: Rules;
  max_age: Age;
  notice_days: number;
  reset_unknown: boolean;
  verify_every: Age;
  auto_heal: boolean;
}

/** As the server has it where nothing is said. */
const NOTICE_DAYS = 3;
const VERIFY_EVERY_DAYS = 7;

const valuesOf = (policy: Policy | undefined): Values => ({
  name: policy?.name ?? "",
  rules: rulesOf(policy),
  max_age: ageOf(policy?.rotation.max_age_days),
  notice_days: policy?.rotation.notice_days ?? NOTICE_DAYS,
  reset_unknown: policy?.rotation.reset_unknown ?? false,
  verify_every: ageOf(policy?.rotation.verify_every_days) ?? VERIFY_EVERY_DAYS,
  auto_heal: policy?.rotation.auto_heal ?? false,
});

export function PolicyForm({ policy, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm<Values>({
    initialValues: valuesOf(policy),
    validate: {
      name: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.policies.name") }),
    },
  });
  const stale = useStale(policy, () =>
    body(api.GET("/api/v1/password-policies/{id}", { params: { path: { id: policy?.id ?? "" } } })),
  );
  const save = useMutation({
    mutationFn: (against: Policy | undefined) => {
      const { name, rules, max_age, verify_every, notice_days, reset_unknown, auto_heal } =
        form.values;
      const values = {
        name: name.trim(),
        rules,
        rotation: {
          max_age_days: max_age,
          verify_every_days: verify_every,
          notice_days,
          // Without an age nothing is reset by itself.
          reset_unknown: reset_unknown && typeof max_age === "number",
          auto_heal,
        },
      };
      if (!against) return body(api.POST("/api/v1/password-policies", { body: values }));
      return body(
        api.PATCH("/api/v1/password-policies/{id}", {
          params: { path: { id: against.id }, header: { "If-Match": etag(against) } },
          body: values,
        }),
      );
    },
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["policies"] });
      notifications.show({
        color: "teal",
        message: policy ? t("common.saved") : t("pages.policies.created", { name: saved.name }),
      });
      onClose();
    },
    onError: stale.onError,
  });
  const labels = {
    name: t("pages.policies.name"),
    rules: t("pages.policies.rules"),
    "rules.length": t("pages.policies.length"),
    "rules.excluded": t("pages.policies.excluded"),
    "rules.starts_with_letter": t("pages.policies.startsWithLetter"),
    "rules.history": t("pages.policies.history"),
    "rotation.max_age_days": t("pages.policies.maxAge"),
    "rotation.notice_days": t("pages.policies.notice"),
    "rotation.reset_unknown": t("pages.policies.resetUnknown"),
    "rotation.verify_every_days": t("pages.policies.verifyEvery"),
    "rotation.auto_heal": t("pages.policies.autoHeal"),
  };
  const { theirs } = stale;
  const { rules } = form.values;
  const setRule = (change: Partial<Rules>) =>
    form.setFieldValue("rules", { ...form.values.rules, ...change });
  const yes = (on: boolean) => (on ? t("common.yes") : t("common.no"));
  const rowsOf = (values: Values): string[] => [
    values.name,
    String(values.rules.length),
    classesText(t, values.rules),
    values.rules.excluded,
    yes(values.rules.starts_with_letter),
    String(values.rules.history),
    ageText(t, values.max_age, t("pages.policies.noAge")),
    String(values.notice_days),
    yes(values.reset_unknown),
    ageText(t, values.verify_every, ""),
    yes(values.auto_heal),
  ];
  return (
    <Dialog
      onClose={onClose}
      title={policy ? t("pages.policies.edit") : t("pages.policies.add")}
      closeOnClickOutside={!form.isDirty()}
      size="lg"
    >
      {theirs ? (
        <StaleChange
          rows={Object.values(labels).map((label, at): [string, string, string] => [
            label,
            rowsOf(form.values)[at] ?? "",
            rowsOf(valuesOf(theirs))[at] ?? "",
          ])}
          onTake={() => {
            form.setValues(valuesOf(theirs));
            stale.settle(theirs);
            save.reset();
          }}
          onKeep={() => {
            stale.settle(theirs);
            save.mutate(theirs);
          }}
        />
      ) : (
        <form onSubmit={form.onSubmit(() => save.mutate(stale.base))} noValidate>
          <Stack>
            {save.error && <ProblemAlert error={save.error} fields={labels} />}
            <TextInput
              label={labels.name}
              required
              maxLength={100}
              data-autofocus
              {...form.getInputProps("name")}
            />
            <Fieldset legend={labels.rules}>
              <Stack gap="sm">
                <Whole
                  label={labels["rules.length"]}
                  {...LENGTHS}
                  value={rules.length}
                  onChange={(length) => setRule({ length })}
                />
                {CLASSES.map((name) => (
                  <ClassRow
                    key={name}
                    name={name}
                    least={rules[name]}
                    onChange={(least) => setRule({ [name]: least })}
                  />
                ))}
                <TextInput
                  label={labels["rules.excluded"]}
                  description={t("pages.policies.excludedHint")}
                  maxLength={MOST_EXCLUDED}
                  className="mono"
                  spellCheck={false}
                  value={rules.excluded}
                  onChange={(event) => setRule({ excluded: event.currentTarget.value })}
                />
                <Switch
                  label={labels["rules.starts_with_letter"]}
                  checked={rules.starts_with_letter}
                  onChange={(event) => setRule({ starts_with_letter: event.currentTarget.checked })}
                />
                <Whole
                  label={labels["rules.history"]}
                  description={t("pages.policies.historyHint")}
                  min={0}
                  max={MOST_HISTORY}
                  value={rules.history}
                  onChange={(history) => setRule({ history })}
                />
              </Stack>
            </Fieldset>
            <Fieldset legend={t("pages.policies.rotation")}>
              <Stack gap="sm">
                <AgeField
                  label={labels["rotation.max_age_days"]}
                  description={t("pages.policies.maxAgeHint")}
                  nothing={t("pages.policies.noAge")}
                  value={form.values.max_age}
                  onChange={(next) => form.setFieldValue("max_age", next)}
                />
                <Whole
                  label={labels["rotation.notice_days"]}
                  min={0}
                  max={MOST_NOTICE}
                  value={form.values.notice_days}
                  onChange={(days) => form.setFieldValue("notice_days", days)}
                />
                <Switch
                  label={labels["rotation.reset_unknown"]}
                  description={t("pages.policies.resetUnknownHint")}
                  disabled={typeof form.values.max_age !== "number"}
                  {...form.getInputProps("reset_unknown", { type: "checkbox" })}
                />
                <AgeField
                  label={labels["rotation.verify_every_days"]}
                  value={form.values.verify_every}
                  onChange={(next) => form.setFieldValue("verify_every", next)}
                />
                <Switch
                  label={labels["rotation.auto_heal"]}
                  description={t("pages.policies.autoHealHint")}
                  {...form.getInputProps("auto_heal", { type: "checkbox" })}
                />
              </Stack>
            </Fieldset>
            {policy && (
              <Text size="sm" c="dimmed">
                {t("pages.policies.existing")}
              </Text>
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {policy ? t("common.save") : t("pages.policies.add")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}

interface WholeProps {
  label: string;
  description?: string;
  min: number;
  max: number;
  value: number;
  onChange: (value: number) => void;
}

/** A whole number within bounds. */
function Whole({ onChange, ...rest }: WholeProps) {
  return (
    <NumberInput
      {...rest}
      maw={260}
      clampBehavior="blur"
      allowDecimal={false}
      allowNegative={false}
      onChange={(next) => typeof next === "number" && onChange(next)}
    />
  );
}

interface ClassProps {
  name: Class;
  /** At least so many; `null`: none at all. */
  least: number | null;
  onChange: (least: number | null) => void;
}

/** One class of characters: whether there are any, and at least how many. */
function ClassRow({ name, least, onChange }: ClassProps) {
  const { t } = useTranslation();
  const label = t(`pages.policies.classes.${name}`);
  return (
    <Group gap="sm" wrap="nowrap">
      <Checkbox
        style={{ flex: "1 1 200px" }}
        label={label}
        checked={least !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? 1 : null)}
      />
      <NumberInput
        aria-label={t("pages.policies.least", { class: label })}
        w={140}
        min={0}
        max={LENGTHS.max}
        disabled={least === null}
        suffix={t("pages.policies.leastSuffix")}
        clampBehavior="blur"
        allowDecimal={false}
        allowNegative={false}
        value={least ?? ""}
        onChange={(next) => typeof next === "number" && onChange(next)}
      />
    </Group>
  );
}
