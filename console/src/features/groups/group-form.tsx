//! Adding and editing a group of resources.
import { Button, Paper, Group as Row, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, type Criteria, etag, type Group } from "../../api/client";
import { type Age, AgeField, ageOf, ageText } from "../../parts/age";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { StaleChange } from "../../parts/stale";
import { useStale } from "../../parts/use-stale";
import { useWord } from "../../parts/words";
import { complete, criteriaText, newRule } from "./criteria";
import { CriteriaEditor } from "./criteria-editor";
import { CriteriaPreview } from "./criteria-preview";

interface Props {
  /** The one to edit; none: a new one. */
  group?: Group;
  onClose: () => void;
  onCreated?: (group: Group) => void;
}

interface Values {
  name: string;
  description: string;
  max_age: Age;
  criteria: Criteria | null;
}

const valuesOf = (group: Group | undefined): Values => ({
  name: group?.name ?? "",
  description: group?.description ?? "",
  max_age: ageOf(group?.max_age_days),
  criteria: group?.criteria ?? null,
});

export function GroupForm({ group, onClose, onCreated }: Props) {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const labels = {
    name: t("pages.groups.name"),
    description: t("pages.groups.description"),
    max_age_days: t("pages.groups.maxAge"),
    criteria: t("pages.groups.criteria.title"),
  };
  const form = useForm<Values>({
    initialValues: valuesOf(group),
    validate: {
      name: (value) => (value.trim() ? null : t("common.required", { field: labels.name })),
    },
  });
  const stale = useStale(group, () =>
    body(api.GET("/api/v1/resource-groups/{id}", { params: { path: { id: group?.id ?? "" } } })),
  );
  const { criteria } = form.values;
  const isIncomplete = criteria !== null && complete(criteria) === undefined;
  const save = useMutation({
    mutationFn: (against: Group | undefined) => {
      const values = {
        name: form.values.name.trim(),
        description: form.values.description.trim(),
        max_age_days: form.values.max_age,
        criteria: criteria && (complete(criteria) ?? null),
      };
      if (!against) return body(api.POST("/api/v1/resource-groups", { body: values }));
      return body(
        api.PATCH("/api/v1/resource-groups/{id}", {
          params: { path: { id: against.id }, header: { "If-Match": etag(against) } },
          body: values,
        }),
      );
    },
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["groups"] });
      await client.invalidateQueries({ queryKey: ["resources", "list"] });
      notifications.show({
        color: "teal",
        message: group ? t("common.saved") : t("pages.groups.created", { name: saved.name }),
      });
      onClose();
      if (!group) onCreated?.(saved);
    },
    onError: stale.onError,
  });
  const { theirs } = stale;
  const age = (value: Age) => ageText(t, value, t("pages.groups.maxAgeNothing"));
  const told = (value: Criteria | null | undefined) =>
    value ? criteriaText(t, word, value) : t("common.none");
  return (
    <Dialog
      onClose={onClose}
      title={group ? t("pages.groups.edit") : t("pages.groups.add")}
      closeOnClickOutside={!form.isDirty()}
      size="lg"
    >
      {theirs ? (
        <StaleChange
          rows={[
            [labels.name, form.values.name, theirs.name],
            [labels.description, form.values.description, theirs.description],
            [labels.max_age_days, age(form.values.max_age), age(ageOf(theirs.max_age_days))],
            [labels.criteria, told(criteria), told(theirs.criteria)],
          ]}
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
        <form
          onSubmit={form.onSubmit(() => {
            if (!isIncomplete) save.mutate(stale.base);
          })}
          noValidate
        >
          <Stack>
            {save.error && <ProblemAlert error={save.error} fields={labels} />}
            <TextInput
              label={labels.name}
              required
              maxLength={100}
              data-autofocus
              {...form.getInputProps("name")}
            />
            <TextInput
              label={`${labels.description}${t("common.optional")}`}
              maxLength={500}
              {...form.getInputProps("description")}
            />
            <AgeField
              label={labels.max_age_days}
              description={t("pages.groups.maxAgeHint")}
              nothing={t("pages.groups.maxAgeNothing")}
              value={form.values.max_age}
              onChange={(next) => form.setFieldValue("max_age", next)}
            />
            <Switch
              label={t("pages.groups.criteria.on")}
              description={t("pages.groups.criteria.hint")}
              checked={criteria !== null}
              onChange={(event) =>
                form.setFieldValue(
                  "criteria",
                  event.currentTarget.checked
                    ? (group?.criteria ?? { match: "all", rules: [newRule()] })
                    : null,
                )
              }
            />
            {criteria && (
              <Paper withBorder p="sm" radius="md">
                <Stack>
                  <CriteriaEditor
                    value={criteria}
                    onChange={(next) => form.setFieldValue("criteria", next)}
                  />
                  <CriteriaPreview criteria={criteria} />
                </Stack>
              </Paper>
            )}
            <Row justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={save.isPending} disabled={isIncomplete}>
                {group ? t("common.save") : t("pages.groups.add")}
              </Button>
            </Row>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
