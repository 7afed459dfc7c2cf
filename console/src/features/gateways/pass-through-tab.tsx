//! Console and sessions through a gateway: off unless somebody wants it.
import { Alert, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, etag } from "../../api/client";
import { isProblem } from "../../api/problem";
import { me as meQuery } from "../../api/queries";
import { Card } from "../../parts/card";
import { ProblemAlert } from "../../parts/problem";
import { Sign } from "../../parts/words";
import { may } from "../../shell/nav";
import { isDnsName, readLines } from "./addresses";
import { type Gateway, gateway as gatewayQuery } from "./queries";

/** Names that pass through one gateway, at most. */
const MAX_NAMES = 16;

export function PassThroughTab({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const [typed, setTyped] = useState<string>();
  const [fault, setFault] = useState<string>();
  const on = gateway.pass_through;
  const value = typed ?? gateway.pass_through_names.join("\n");
  const change = useMutation({
    mutationFn: ({ pass_through, names }: { pass_through: boolean; names: string[] }) =>
      body(
        api.PATCH("/api/v1/gateways/{id}", {
          params: { path: { id: gateway.id }, header: { "If-Match": etag(gateway) } },
          body: { pass_through, pass_through_names: names },
        }),
      ),
    onSuccess: async (changed) => {
      client.setQueryData(gatewayQuery(gateway.id).queryKey, changed);
      setTyped(undefined);
      notifications.show({
        color: "teal",
        message: t(
          changed.pass_through === on
            ? "pages.gateways.detail.changed"
            : changed.pass_through
              ? "pages.gateways.passThrough.turnedOn"
              : "pages.gateways.passThrough.turnedOff",
        ),
      });
      await client.invalidateQueries({ queryKey: ["gateways"] });
    },
    onError: () => client.invalidateQueries({ queryKey: gatewayQuery(gateway.id).queryKey }),
  });
  const send = (pass_through: boolean) => {
    const { read, wrong } = readLines(value, isDnsName);
    if (wrong) {
      setFault(t("pages.gateways.passThrough.wrongName", { line: wrong.line, name: wrong.text }));
      return;
    }
    change.mutate({ pass_through, names: read.slice(0, MAX_NAMES) });
  };
  const manages = may(me, "manage_server") && gateway.state !== "revoked";
  const refused =
    isProblem(change.error, "invalid_input") && change.error.field === "pass_through_names";
  return (
    <Card
      title={t("pages.gateways.passThrough.title")}
      actions={
        <Sign tone={on ? "warn" : "good"}>
          {t(`pages.gateways.passThrough.${on ? "on" : "off"}`)}
        </Sign>
      }
    >
      <Stack gap="sm">
        {change.error && !refused && <ProblemAlert error={change.error} />}
        <Text size="sm">{t(`pages.gateways.passThrough.${on ? "explainOn" : "explainOff"}`)}</Text>
        {on && gateway.status && (
          <Text size="sm">
            {t("pages.gateways.passThrough.streams", { count: gateway.status.pass_through })}
          </Text>
        )}
        {!on && manages && <Alert color="yellow">{t("pages.gateways.passThrough.caution")}</Alert>}
        <Textarea
          maw={520}
          label={t("pages.gateways.passThrough.names")}
          description={t("pages.gateways.passThrough.namesHint")}
          autosize
          minRows={2}
          maxRows={8}
          autoCapitalize="none"
          spellCheck={false}
          readOnly={!manages}
          value={value}
          error={
            fault ??
            (refused &&
              t("problems.texts.invalid_field", { field: t("pages.gateways.passThrough.names") }))
          }
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setFault(undefined);
            if (change.error) change.reset();
          }}
        />
        {manages && (
          <Group>
            {on && (
              <Button
                disabled={typed === undefined}
                loading={change.isPending}
                onClick={() => send(true)}
              >
                {t("pages.gateways.passThrough.saveNames")}
              </Button>
            )}
            <Button
              variant={on ? "default" : "filled"}
              loading={change.isPending}
              onClick={() => send(!on)}
            >
              {t(`pages.gateways.passThrough.${on ? "turnOff" : "turnOn"}`)}
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  );
}
