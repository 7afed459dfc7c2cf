//! Changing what bounds the work that others can make, for all gateways.
import {
  Button,
  Fieldset,
  Group,
  NumberInput,
  type NumberInputProps,
  SimpleGrid,
  Stack,
  Switch,
  Text,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, etag } from "../../api/client";
import { number } from "../../i18n/format";
import { Card } from "../../parts/card";
import { ProblemAlert } from "../../parts/problem";
import { StaleChange } from "../../parts/stale";
import { useStale } from "../../parts/use-stale";
import { focusFirstWrong } from "../../parts/wrong-field";
import {
  BOUNDS,
  BURST,
  different,
  type Form,
  formOf,
  GROUPS,
  type GroupName,
  isRate,
  kindOf,
  type LimitName,
  limitsOf,
  limitText,
} from "./limits";
import { hinted, useLimitWords } from "./limits-table";
import { type GatewaySettings, gatewaySettings } from "./queries";

export function LimitsForm({ settings }: { settings: GatewaySettings }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const words = useLimitWords();
  const form = useForm<Form>({ initialValues: formOf(settings.limits) });
  const stale = useStale<GatewaySettings>(settings, () =>
    body(api.GET("/api/v1/gateway-settings")),
  );
  const save = useMutation({
    mutationFn: (against: GatewaySettings) => {
      const { limits } = limitsOf(form.values, against.limits);
      const isUsual = different(limits, against.usual_limits).length === 0;
      return body(
        api.PATCH("/api/v1/gateway-settings", {
          params: { header: { "If-Match": etag(against) } },
          body: { limits: isUsual ? null : limits },
        }),
      );
    },
    onSuccess: (saved) => {
      client.setQueryData(gatewaySettings.queryKey, saved);
      stale.settle(saved);
      form.setInitialValues(formOf(saved.limits));
      form.setValues(formOf(saved.limits));
      notifications.show({ color: "teal", message: t("pages.gateways.limits.saved") });
    },
    onError: stale.onError,
  });
  const label = (name: LimitName) => t(`pages.gateways.limits.fields.${name}`);
  const { limits } = limitsOf(form.values, settings.limits);
  const changed = different(limits, settings.usual_limits);
  const { theirs } = stale;
  // The public name is of the same object: a change of it is nobody's limits.
  const before = stale.base ?? settings;
  const against = different(before.limits, settings.limits).length === 0 ? settings : before;
  const send = () => {
    const { wrong } = limitsOf(form.values, settings.limits);
    form.setErrors(
      Object.fromEntries(
        Object.entries(wrong).map(([path, [least, most]]) => [
          path,
          t("pages.gateways.limits.bounds", { least: number(least), most: number(most) }),
        ]),
      ),
    );
    if (Object.keys(wrong).length > 0) focusFirstWrong(form, Object.keys(wrong));
    else save.mutate(against);
  };
  if (theirs) {
    const names = different(limits, theirs.limits).filter((name) => name !== "dry_run");
    const onOff = (on: boolean) => (on ? t("common.yes") : t("common.no"));
    return (
      <Card title={t("pages.gateways.limits.title")}>
        <StaleChange
          rows={[
            [
              t("pages.gateways.limits.dryRun"),
              onOff(limits.dry_run),
              onOff(theirs.limits.dry_run),
            ],
            ...names.map((name): [string, string, string] => [
              label(name),
              limitText(limits, name, words),
              limitText(theirs.limits, name, words),
            ]),
          ]}
          onTake={() => {
            client.setQueryData(gatewaySettings.queryKey, theirs);
            form.setInitialValues(formOf(theirs.limits));
            form.setValues(formOf(theirs.limits));
            stale.settle(theirs);
            save.reset();
          }}
          onKeep={() => {
            stale.settle(theirs);
            save.mutate(theirs);
          }}
        />
      </Card>
    );
  }
  return (
    <Card title={t("pages.gateways.limits.title")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        noValidate
      >
        <Stack>
          {save.error && <ProblemAlert error={save.error} />}
          <Text size="sm" c="dimmed">
            {t("pages.gateways.limits.about")}{" "}
            {changed.length === 0
              ? t("pages.gateways.limits.isUsual")
              : t("pages.gateways.limits.changedFields", { count: changed.length })}
          </Text>
          <Switch
            label={t("pages.gateways.limits.dryRunEvery")}
            description={t("pages.gateways.limits.dryRunHint")}
            {...form.getInputProps("dry_run", { type: "checkbox" })}
          />
          {(Object.keys(GROUPS) as GroupName[]).map((group) => (
            <Fieldset key={group} legend={t(`pages.gateways.limits.groups.${group}`)}>
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                {GROUPS[group].map((name) => (
                  <Field key={name} name={name} form={form} usual={settings.usual_limits} />
                ))}
              </SimpleGrid>
            </Fieldset>
          ))}
          <Group justify="flex-end">
            <Button
              variant="default"
              disabled={changed.length === 0}
              onClick={() => form.setValues(formOf(settings.usual_limits))}
            >
              {t("pages.gateways.limits.usual")}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

interface FieldProps {
  name: LimitName;
  form: ReturnType<typeof useForm<Form>>;
  usual: GatewaySettings["usual_limits"];
}

/** A number, and for a rate the number at once beside it. */
function Field({ name, form, usual }: FieldProps) {
  const { t } = useTranslation();
  const words = useLimitWords();
  const kind = kindOf(name);
  const units = {
    count: "",
    rate: "",
    seconds: ` ${t("pages.gateways.limits.second")}`,
    memory: ` ${t("pages.gateways.limits.mib")}`,
  };
  const label = t(`pages.gateways.limits.fields.${name}`);
  const hint = hinted(name);
  const description = [
    hint && t(`pages.gateways.limits.hints.${hint}`),
    t("pages.gateways.limits.usualValue", { value: limitText(usual, name, words) }),
  ]
    .filter(Boolean)
    .join(" ");
  const common: NumberInputProps = {
    thousandSeparator: ",",
    allowNegative: false,
    hideControls: true,
    // Fields that stand side by side are on one line, whatever is said of them.
    inputWrapperOrder: ["label", "input", "description", "error"],
  };
  if (!isRate(name)) {
    return (
      <NumberInput
        {...common}
        label={label}
        description={description}
        suffix={units[kind]}
        min={BOUNDS[name][0]}
        max={BOUNDS[name][1]}
        clampBehavior="none"
        allowDecimal={false}
        {...form.getInputProps(name)}
      />
    );
  }
  return (
    <Group align="flex-start" gap="xs" wrap="nowrap" role="group" aria-label={label}>
      <NumberInput
        {...common}
        style={{ flex: 1 }}
        label={label}
        description={`${t("pages.gateways.limits.perSecond")} · ${description}`}
        min={BOUNDS[name][0]}
        max={BOUNDS[name][1]}
        clampBehavior="none"
        decimalScale={3}
        {...form.getInputProps(name)}
      />
      <NumberInput
        {...common}
        w={110}
        label={t("pages.gateways.limits.burst")}
        aria-label={`${label}: ${t("pages.gateways.limits.burst")}`}
        min={BURST[0]}
        max={BURST[1]}
        clampBehavior="none"
        allowDecimal={false}
        {...form.getInputProps(`burst.${name}`)}
      />
    </Group>
  );
}
