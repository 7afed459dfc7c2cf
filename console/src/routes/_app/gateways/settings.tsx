import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { me as meQuery } from "../../../api/queries";
import { LimitsForm } from "../../../features/gateways/limits-form";
import { LimitsTable } from "../../../features/gateways/limits-table";
import { PublicName } from "../../../features/gateways/public-name";
import { gatewaySettings } from "../../../features/gateways/queries";
import { GatewaysTabs } from "../../../features/tabs";
import { Card } from "../../../parts/card";
import { PageHead } from "../../../parts/page";
import { Loading, LoadProblem } from "../../../parts/problem";
import { may } from "../../../shell/nav";
import { readListSearch } from "../../../table/search";

export const Route = createFileRoute("/_app/gateways/settings")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, []),
  component: GatewaySettingsPage,
});

function GatewaySettingsPage() {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery);
  const { data, error, refetch } = useQuery(gatewaySettings);
  const manages = may(me, "manage_server");
  return (
    <>
      <PageHead
        title={t("pages.gateways.settings.title")}
        about={t("pages.gateways.settings.about")}
        twin={{
          requests: [
            { method: "GET", path: "/gateway-settings" },
            {
              method: "PATCH",
              path: "/gateway-settings",
              body: { public_name: "vault.example.jp" },
              ...(data ? { version: data.version } : {}),
            },
          ],
          commands: [
            "sekisho gateways public-name",
            "sekisho gateways public-name vault.example.jp",
          ],
        }}
      />
      <GatewaysTabs at="/gateways/settings" />
      {error && !data ? (
        <LoadProblem error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <Stack>
          <PublicName settings={data} manages={manages} />
          {manages ? (
            <LimitsForm settings={data} />
          ) : (
            <Card title={t("pages.gateways.limits.title")}>
              <Text size="sm" c="dimmed" mb="sm">
                {t("pages.gateways.limits.about")}
              </Text>
              <LimitsTable limits={data.limits} usual={data.usual_limits} />
            </Card>
          )}
        </Stack>
      ) : (
        <Loading />
      )}
    </>
  );
}
