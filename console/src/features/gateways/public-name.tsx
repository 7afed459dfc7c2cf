//! The name by which the site is reached from outside: in effect at once.
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, etag } from "../../api/client";
import { isProblem } from "../../api/problem";
import { normalise } from "../../i18n/format";
import { Card } from "../../parts/card";
import { ProblemAlert } from "../../parts/problem";
import { isHost } from "./addresses";
import { type GatewaySettings, gatewaySettings } from "./queries";

export function PublicName({ settings, manages }: { settings: GatewaySettings; manages: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState<string>();
  const [fault, setFault] = useState(false);
  const kept = settings.public_name ?? "";
  const value = typed ?? kept;
  const wanted = normalise(value).toLowerCase();
  const save = useMutation({
    mutationFn: () =>
      body(
        api.PATCH("/api/v1/gateway-settings", {
          params: { header: { "If-Match": etag(settings) } },
          body: { public_name: wanted || null },
        }),
      ),
    onSuccess: async (saved) => {
      client.setQueryData(gatewaySettings.queryKey, saved);
      setTyped(undefined);
      notifications.show({
        color: "teal",
        message: t(
          saved.public_name ? "pages.gateways.settings.saved" : "pages.gateways.settings.removed",
        ),
      });
      // It is in the certificate from now on.
      await client.invalidateQueries({ queryKey: ["system", "certificate"] });
    },
    // What somebody else saved is read; what was typed stays.
    onError: () => client.invalidateQueries({ queryKey: gatewaySettings.queryKey }),
  });
  const refused = isProblem(save.error, "invalid_input") && save.error.field === "public_name";
  return (
    <Card title={t("pages.gateways.settings.publicName")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const wrong = wanted !== "" && !isHost(wanted);
          setFault(wrong);
          if (wrong) field.current?.focus();
          else save.mutate();
        }}
        noValidate
      >
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {t("pages.gateways.settings.publicNameAbout")}
          </Text>
          {!refused && save.error && <ProblemAlert error={save.error} />}
          <TextInput
            ref={field}
            maw={460}
            label={t("pages.gateways.settings.publicName")}
            description={t("pages.gateways.settings.publicNameHint", {
              name: settings.server_name,
            })}
            placeholder="vault.example.jp"
            inputMode="url"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={253}
            readOnly={!manages}
            value={value}
            error={(fault || refused) && t("pages.gateways.settings.wrongName")}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setFault(false);
              if (save.error) save.reset();
            }}
          />
          {manages && (
            <Group>
              <Button type="submit" loading={save.isPending} disabled={wanted === kept}>
                {t("common.save")}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Card>
  );
}
