//! Changing what a gateway is called and where it is.
import {
  ActionIcon,
  Button,
  Fieldset,
  Group,
  NumberInput,
  Select,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, etag } from "../../api/client";
import { normalise } from "../../i18n/format";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { StaleChange } from "../../parts/stale";
import { useStale } from "../../parts/use-stale";
import { isHostPort } from "./addresses";
import { type Gateway, gateway as gatewayQuery } from "./queries";

type Address = Gateway["public"][number];
interface Row extends Pick<Address, "address"> {
  weight: number | string;
  tls: NonNullable<Address["tls"]>;
  key_sha256: string;
}
interface Values {
  name: string;
  address: string;
  public: Row[];
}

const CHECKS = ["site_ca", "system_roots", "pinned_key"] as const;
const MAX_PUBLIC = 8;

const rowOf = (one: Address): Row => ({
  address: one.address,
  weight: one.weight ?? 10,
  tls: one.tls ?? "site_ca",
  key_sha256: one.key_sha256 ?? "",
});
const valuesOf = (gateway: Gateway): Values => ({
  name: gateway.name,
  address: gateway.address,
  public: gateway.public.map(rowOf),
});

export function ChangeDialog({ gateway, onClose }: { gateway: Gateway; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const params = { path: { id: gateway.id } };
  const wrong = (text: string) =>
    isHostPort(normalise(text)) ? null : t("pages.gateways.pair.wrongAddress", { line: 1, text });
  const form = useForm<Values>({
    initialValues: valuesOf(gateway),
    validate: {
      name: (text) =>
        text.trim() ? null : t("common.required", { field: t("pages.gateways.name") }),
      address: wrong,
      public: {
        address: (text, _, path) => {
          const line = Number(path.split(".")[1]) + 1;
          return isHostPort(normalise(text))
            ? null
            : t("pages.gateways.pair.wrongAddress", { line, text });
        },
      },
    },
  });
  const stale = useStale<Gateway>(gateway, () =>
    body(api.GET("/api/v1/gateways/{id}", { params })),
  );
  const save = useMutation({
    mutationFn: (against: Gateway) =>
      body(
        api.PATCH("/api/v1/gateways/{id}", {
          params: { ...params, header: { "If-Match": etag(against) } },
          body: {
            name: normalise(form.values.name),
            address: normalise(form.values.address),
            public: form.values.public.map(({ address, weight, tls, key_sha256 }) => ({
              address: normalise(address),
              weight: Number(weight),
              tls,
              ...(tls === "pinned_key" ? { key_sha256: normalise(key_sha256).toLowerCase() } : {}),
            })),
          },
        }),
      ),
    onSuccess: async (changed) => {
      client.setQueryData(gatewayQuery(gateway.id).queryKey, changed);
      notifications.show({ color: "teal", message: t("pages.gateways.detail.changed") });
      onClose();
      await client.invalidateQueries({ queryKey: ["gateways"] });
    },
    onError: stale.onError,
  });
  const labels = {
    name: t("pages.gateways.name"),
    address: t("pages.gateways.address"),
    public: t("pages.gateways.publicAddress"),
  };
  const addresses = (rows: { address: string }[]) => rows.map((row) => row.address).join(", ");
  const { theirs } = stale;
  return (
    <Dialog
      onClose={onClose}
      title={t("pages.gateways.detail.changeTitle")}
      size="xl"
      closeOnClickOutside={!form.isDirty()}
    >
      {theirs ? (
        <StaleChange
          rows={[
            [labels.name, form.values.name, theirs.name],
            [labels.address, form.values.address, theirs.address],
            [labels.public, addresses(form.values.public), addresses(theirs.public)],
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
        <form onSubmit={form.onSubmit(() => save.mutate(stale.base ?? gateway))} noValidate>
          <Stack>
            {save.error && <ProblemAlert error={save.error} fields={labels} />}
            <TextInput
              label={labels.name}
              required
              maxLength={100}
              data-autofocus
              {...form.getInputProps("name")}
            />
            {gateway.direction === "server_dials" && (
              <TextInput
                label={labels.address}
                description={t("pages.gateways.addressHint")}
                required
                autoCapitalize="none"
                spellCheck={false}
                {...form.getInputProps("address")}
              />
            )}
            <Fieldset legend={labels.public}>
              <Stack gap="sm">
                <Text size="xs" c="dimmed">
                  {t("pages.gateways.network.weightHint")}
                </Text>
                {form.values.public.map((row, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity
                  <Stack key={at} gap="xs">
                    <Group align="flex-start" gap="xs" wrap="nowrap">
                      <TextInput
                        style={{ flex: 1 }}
                        label={t("pages.gateways.pair.public")}
                        autoCapitalize="none"
                        spellCheck={false}
                        {...form.getInputProps(`public.${at}.address`)}
                      />
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        mt={28}
                        aria-label={t("pages.gateways.detail.removeAddress", {
                          address: row.address,
                        })}
                        disabled={form.values.public.length === 1}
                        onClick={() => form.removeListItem("public", at)}
                      >
                        <IconX size={16} />
                      </ActionIcon>
                    </Group>
                    <Group align="flex-start" gap="xs">
                      <NumberInput
                        w={90}
                        label={t("pages.gateways.network.weight")}
                        min={0}
                        max={1000}
                        clampBehavior="strict"
                        allowDecimal={false}
                        {...form.getInputProps(`public.${at}.weight`)}
                      />
                      <Select
                        style={{ flex: "1 1 200px" }}
                        label={t("pages.gateways.network.check")}
                        allowDeselect={false}
                        data={CHECKS.map((value) => ({
                          value,
                          label: t(`pages.gateways.network.checks.${value}`),
                        }))}
                        {...form.getInputProps(`public.${at}.tls`)}
                      />
                    </Group>
                    {row.tls === "pinned_key" && (
                      <TextInput
                        label={t("pages.gateways.certificate.key")}
                        classNames={{ input: "mono" }}
                        maxLength={64}
                        autoCapitalize="none"
                        spellCheck={false}
                        {...form.getInputProps(`public.${at}.key_sha256`)}
                      />
                    )}
                  </Stack>
                ))}
                <Button
                  variant="default"
                  size="compact-md"
                  w="fit-content"
                  leftSection={<IconPlus size={15} aria-hidden="true" />}
                  disabled={form.values.public.length >= MAX_PUBLIC}
                  onClick={() =>
                    form.insertListItem("public", {
                      address: "",
                      weight: 10,
                      tls: "site_ca",
                      key_sha256: "",
                    } satisfies Row)
                  }
                >
                  {t("common.add")}
                </Button>
              </Stack>
            </Fieldset>
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {t("common.save")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
