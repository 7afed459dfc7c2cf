//! Adding and editing a resource.
import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, etag, type Resource } from "../../api/client";
import { policies as policiesQuery } from "../../api/queries";
import { normalise } from "../../i18n/format";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { StaleChange } from "../../parts/stale";
import { useStale } from "../../parts/use-stale";
import { useWord } from "../../parts/words";

interface Props {
  /** The one to edit; none: a new one. */
  resource?: Resource;
  onClose: () => void;
  onCreated?: (resource: Resource) => void;
}

const PLATFORMS = ["linux", "windows", "windows_domain"];
const DEFAULT = "";

export function ResourceForm({ resource, onClose, onCreated }: Props) {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const policies = useQuery(policiesQuery);
  const form = useForm({
    initialValues: {
      name: resource?.name ?? "",
      dns_name: resource?.dns_name ?? "",
      platform: resource?.platform ?? "linux",
      policy: resource?.policy?.id ?? DEFAULT,
    },
    validate: {
      name: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.resources.name") }),
    },
  });
  const stale = useStale(resource, () =>
    body(api.GET("/api/v1/resources/{id}", { params: { path: { id: resource?.id ?? "" } } })),
  );

  const save = useMutation({
    mutationFn: async (against: Resource | undefined) => {
      const values = {
        name: form.values.name.trim(),
        dns_name: normalise(form.values.dns_name) || null,
        policy: form.values.policy || null,
      };
      if (!against) {
        const { platform } = form.values;
        return body(api.POST("/api/v1/resources", { body: { ...values, platform } }));
      }
      return body(
        api.PATCH("/api/v1/resources/{id}", {
          params: { path: { id: against.id }, header: { "If-Match": etag(against) } },
          body: values,
        }),
      );
    },
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["resources"] });
      notifications.show({
        color: "teal",
        message: resource
          ? t("common.saved")
          : t("pages.resources.created_ok", { name: saved.name }),
      });
      onClose();
      if (!resource) onCreated?.(saved);
    },
    onError: stale.onError,
  });

  const { theirs } = stale;
  const labels = {
    name: t("pages.resources.name"),
    dns_name: t("pages.resources.dns"),
    platform: t("pages.resources.platform"),
    policy: t("pages.resources.policy"),
  };
  const policyOptions = [
    { value: DEFAULT, label: t("pages.resources.defaultPolicy") },
    ...(policies.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
  ];
  const policyName = (id: string) =>
    policyOptions.find((option) => option.value === id)?.label ?? id;

  return (
    <Dialog
      onClose={onClose}
      title={resource ? t("pages.resources.edit") : t("pages.resources.add")}
      closeOnClickOutside={!form.isDirty()}
      size={theirs ? "lg" : "md"}
    >
      {theirs ? (
        <StaleChange
          rows={[
            [labels.name, form.values.name, theirs.name],
            [labels.dns_name, form.values.dns_name, theirs.dns_name ?? ""],
            [
              labels.policy,
              policyName(form.values.policy),
              policyName(theirs.policy?.id ?? DEFAULT),
            ],
          ]}
          onTake={() => {
            form.setValues({
              name: theirs.name,
              dns_name: theirs.dns_name ?? "",
              policy: theirs.policy?.id ?? DEFAULT,
            });
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
              description={t("pages.resources.nameHint")}
              required
              maxLength={200}
              data-autofocus
              {...form.getInputProps("name")}
            />
            <TextInput
              label={`${labels.dns_name}${t("common.optional")}`}
              placeholder="web-1.example.com"
              maxLength={253}
              inputMode="url"
              autoCapitalize="none"
              spellCheck={false}
              {...form.getInputProps("dns_name")}
            />
            {!resource && (
              <Select
                label={labels.platform}
                data={PLATFORMS.map((value) => ({ value, label: word("platform", value) }))}
                allowDeselect={false}
                {...form.getInputProps("platform")}
              />
            )}
            <Select
              label={labels.policy}
              data={policyOptions}
              allowDeselect={false}
              searchable={policyOptions.length > 8}
              {...form.getInputProps("policy")}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {resource ? t("common.save") : t("pages.resources.add")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
