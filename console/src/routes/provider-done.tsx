//! The end of a way to the provider in a window beside the page that waits for it.
import { Button, Stack, Text } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { providerReason, tellHowItWent } from "../api/provider";
import { allTexts } from "../i18n";
import { Outside } from "../shell/outside";

export const Route = createFileRoute("/provider-done")({
  validateSearch: (search: Record<string, unknown>): { oidc?: string | undefined } => ({
    oidc: typeof search.oidc === "string" ? search.oidc : undefined,
  }),
  beforeLoad: allTexts,
  component: ProviderDone,
});

function ProviderDone() {
  const { t } = useTranslation();
  const { oidc } = Route.useSearch();
  const done = oidc === "ok";
  const reason = providerReason(oidc) ?? "refused";
  useEffect(() => {
    tellHowItWent(done ? "ok" : reason);
    // Browsers close what a page has opened; else the person does.
    if (done) window.close();
  }, [done, reason]);
  return (
    <Outside title={t(done ? "pages.provider.doneTitle" : "pages.provider.notDone")}>
      <Stack>
        <Text role="status">
          {done ? t("pages.provider.done") : t(`pages.provider.reason.${reason}`)}
        </Text>
        <Button variant="default" onClick={() => window.close()}>
          {t("pages.provider.close")}
        </Button>
      </Stack>
    </Outside>
  );
}
