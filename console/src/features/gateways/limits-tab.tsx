//! The limits in force at a gateway, and whether it only counts.
import { Alert, Button, Stack, Switch, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body, etag } from "../../api/client";
import { me as meQuery } from "../../api/queries";
import { Card } from "../../parts/card";
import { Loading, LoadProblem, ProblemAlert } from "../../parts/problem";
import { may } from "../../shell/nav";
import { LimitsTable } from "./limits-table";
import { type Gateway, gateway as gatewayQuery, gatewaySettings } from "./queries";

export function LimitsTab({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery);
  const settings = useQuery(gatewaySettings);
  const manages = may(me, "manage_server");
  return (
    <Stack>
      <DryRun gateway={gateway} all={settings.data?.limits.dry_run ?? false} manages={manages} />
      <Card
        title={t("pages.gateways.limits.inForce")}
        actions={
          manages && (
            <Button component={Link} to="/gateways/settings" variant="default" size="compact-md">
              {t("pages.gateways.limits.edit")}
            </Button>
          )
        }
      >
        <Text size="sm" c="dimmed" mb="sm">
          {t("pages.gateways.limits.about")}
        </Text>
        {settings.error && !settings.data ? (
          <LoadProblem error={settings.error} onRetry={() => void settings.refetch()} />
        ) : settings.data ? (
          <LimitsTable limits={settings.data.limits} usual={settings.data.usual_limits} />
        ) : (
          <Loading />
        )}
      </Card>
    </Stack>
  );
}

interface DryRunProps {
  gateway: Gateway;
  /** All of them are in dry run. */
  all: boolean;
  manages: boolean;
}

function DryRun({ gateway, all, manages }: DryRunProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { name } = gateway;
  const change = useMutation({
    mutationFn: (dry_run: boolean) =>
      body(
        api.PATCH("/api/v1/gateways/{id}", {
          params: { path: { id: gateway.id }, header: { "If-Match": etag(gateway) } },
          body: { dry_run },
        }),
      ),
    onSuccess: async (changed) => {
      client.setQueryData(gatewayQuery(gateway.id).queryKey, changed);
      notifications.show({
        message: t(
          changed.dry_run ? "pages.gateways.limits.dryRunOn" : "pages.gateways.limits.dryRunOff",
          { name },
        ),
      });
      await client.invalidateQueries({ queryKey: ["gateways"] });
    },
    // Somebody else changed it: what is there now is shown.
    onError: () => client.invalidateQueries({ queryKey: gatewayQuery(gateway.id).queryKey }),
  });
  return (
    <Card title={t("pages.gateways.limits.dryRun")}>
      <Stack gap="sm">
        {change.error && <ProblemAlert error={change.error} />}
        <Switch
          label={t("pages.gateways.limits.dryRun")}
          description={t("pages.gateways.limits.dryRunHint")}
          checked={gateway.dry_run}
          disabled={!manages || gateway.state === "revoked" || change.isPending}
          onChange={(event) => change.mutate(event.currentTarget.checked)}
        />
        {all && (
          <Alert color="yellow" role="status">
            {t("pages.gateways.limits.dryRunAll")}
          </Alert>
        )}
      </Stack>
    </Card>
  );
}
