//! Adding and editing an office: its networks, gateways and limits.
import {
  Button,
  Fieldset,
  Group,
  MultiSelect,
  NumberInput,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, etag } from "../../api/client";
import { isProblem } from "../../api/problem";
import { normalise, number } from "../../i18n/format";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { StaleChange } from "../../parts/stale";
import { useStale } from "../../parts/use-stale";
import { blame } from "../../parts/wrong-field";
import { isNetwork, readLines } from "./addresses";
import { gateways as gatewaysQuery, type Office } from "./queries";

interface Props {
  /** The one to edit; none: a new one. */
  office?: Office;
  onClose: () => void;
  onCreated?: (office: Office) => void;
}

interface Values {
  name: string;
  networks: string;
  gateways: string[];
  connections: number | string;
  handshakes_per_s: number | string;
  enrolments_per_s: number | string;
  remarks: string;
}

/** Networks of one office, at most. */
const MAX_NETWORKS = 50;

/** What the server takes where nothing is said. */
const USUAL = { connections: 1000, handshakes_per_s: 50, enrolments_per_s: 10 };
const MOST = { connections: 100_000, handshakes_per_s: 10_000, enrolments_per_s: 1_000 };
type LimitName = keyof typeof USUAL;
const LIMITS: LimitName[] = ["connections", "handshakes_per_s", "enrolments_per_s"];

const valuesOf = (office: Office | undefined): Values => ({
  name: office?.name ?? "",
  networks: office?.networks.join("\n") ?? "",
  gateways: office?.gateways.map(({ id }) => id) ?? [],
  ...(office?.limits ?? USUAL),
  remarks: office?.remarks ?? "",
});

export function OfficeForm({ office, onClose, onCreated }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const found = useQuery(gatewaysQuery);
  const labels = {
    name: t("pages.offices.name"),
    networks: t("pages.offices.networks"),
    gateways: t("pages.offices.gateways"),
    connections: t("pages.offices.connections"),
    handshakes_per_s: t("pages.offices.handshakes"),
    enrolments_per_s: t("pages.offices.enrolments"),
    remarks: t("pages.offices.remarks"),
  };
  const bounds = (name: LimitName) => (value: number | string) =>
    typeof value === "number" && value >= 1 && value <= MOST[name]
      ? null
      : t("pages.gateways.limits.bounds", { least: 1, most: number(MOST[name]) });
  const form = useForm<Values>({
    initialValues: valuesOf(office),
    validate: {
      name: (value) => (value.trim() ? null : t("common.required", { field: labels.name })),
      networks: (text) => {
        const { read, wrong } = readLines(text, isNetwork);
        if (wrong) return t("pages.offices.wrongNetwork", { ...wrong });
        return read.length > MAX_NETWORKS ? t("pages.offices.tooManyNetworks") : null;
      },
      connections: bounds("connections"),
      handshakes_per_s: bounds("handshakes_per_s"),
      enrolments_per_s: bounds("enrolments_per_s"),
    },
  });
  const stale = useStale(office, () =>
    body(api.GET("/api/v1/offices/{id}", { params: { path: { id: office?.id ?? "" } } })),
  );
  const save = useMutation({
    mutationFn: (against: Office | undefined) => {
      const { values } = form;
      const wanted = {
        name: normalise(values.name),
        networks: readLines(values.networks, isNetwork).read,
        gateways: values.gateways,
        limits: {
          connections: Number(values.connections),
          handshakes_per_s: Number(values.handshakes_per_s),
          enrolments_per_s: Number(values.enrolments_per_s),
        },
        remarks: values.remarks.trim(),
      };
      if (!against) return body(api.POST("/api/v1/offices", { body: wanted }));
      return body(
        api.PUT("/api/v1/offices/{id}", {
          params: { path: { id: against.id }, header: { "If-Match": etag(against) } },
          body: wanted,
        }),
      );
    },
    onSuccess: async (saved) => {
      notifications.show({
        color: "teal",
        message: office ? t("common.saved") : t("pages.offices.created", { name: saved.name }),
      });
      await client.invalidateQueries({ queryKey: ["offices"] });
      onClose();
      if (!office) onCreated?.(saved);
    },
    onError: async (error) => {
      if (isProblem(error, "conflict") && error.conflict === "name_taken") {
        form.setFieldError("name", t("problems.conflicts.name_taken"));
      }
      const text = (field: string) => t("problems.texts.invalid_field", { field });
      blame(form, error, {
        networks: ["networks", text(labels.networks)],
        gateways: ["gateways", text(labels.gateways)],
        remarks: ["remarks", text(labels.remarks)],
        ...Object.fromEntries(
          LIMITS.map((name) => [`limits.${name}`, [name, text(labels[name])] as [string, string]]),
        ),
      });
      await stale.onError(error);
    },
  });
  const known = found.data?.items ?? [];
  // One that was revoked meanwhile still stands in the office.
  const gone = (office?.gateways ?? []).filter(({ id }) => !known.some((one) => one.id === id));
  const options = [...known, ...gone].map(({ id, name }) => ({ value: id, label: name }));
  const named = (ids: readonly string[]) =>
    ids.map((id) => options.find(({ value }) => value === id)?.label ?? id).join(", ") ||
    t("pages.offices.allGateways");
  const { theirs } = stale;
  return (
    <Dialog
      onClose={onClose}
      title={office ? t("pages.offices.edit") : t("pages.offices.add")}
      closeOnClickOutside={!form.isDirty()}
      size="lg"
    >
      {theirs ? (
        <StaleChange
          rows={[
            [labels.name, form.values.name, theirs.name],
            [labels.networks, form.values.networks, theirs.networks.join("\n")],
            [
              labels.gateways,
              named(form.values.gateways),
              named(theirs.gateways.map(({ id }) => id)),
            ],
            ...LIMITS.map((name): [string, string, string] => [
              labels[name],
              String(form.values[name]),
              String(theirs.limits[name]),
            ]),
            [labels.remarks, form.values.remarks, theirs.remarks],
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
            <Textarea
              label={labels.networks}
              description={t("pages.offices.networksHint")}
              autosize
              minRows={2}
              maxRows={8}
              autoCapitalize="none"
              spellCheck={false}
              {...form.getInputProps("networks")}
            />
            <MultiSelect
              label={`${labels.gateways}${t("common.optional")}`}
              description={t("pages.offices.gatewaysHint")}
              {...(form.values.gateways.length === 0
                ? { placeholder: t("pages.offices.allGateways") }
                : {})}
              data={options}
              nothingFoundMessage={t("common.nothingFound")}
              clearable
              clearButtonProps={{ "aria-label": t("pages.offices.allGateways") }}
              {...form.getInputProps("gateways")}
            />
            <Fieldset legend={t("pages.offices.limits")}>
              <Text size="xs" c="dimmed" mb="xs">
                {t("pages.offices.limitsHint")}
              </Text>
              <SimpleGrid cols={{ base: 1, sm: 3 }}>
                {LIMITS.map((name) => (
                  <NumberInput
                    key={name}
                    label={labels[name]}
                    min={1}
                    max={MOST[name]}
                    clampBehavior="none"
                    allowDecimal={false}
                    allowNegative={false}
                    thousandSeparator=","
                    hideControls
                    {...form.getInputProps(name)}
                  />
                ))}
              </SimpleGrid>
            </Fieldset>
            <Textarea
              label={`${labels.remarks}${t("common.optional")}`}
              maxLength={1000}
              autosize
              minRows={1}
              maxRows={6}
              {...form.getInputProps("remarks")}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {office ? t("common.save") : t("pages.offices.add")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
