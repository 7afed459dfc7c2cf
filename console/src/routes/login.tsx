import { Alert, Button, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createFileRoute, Link, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { providerReason } from "../api/provider";
import { publicSystem } from "../api/queries";
import { allTexts } from "../i18n";
import { Outside } from "../shell/outside";
import { SignInForm } from "../shell/sign-in-form";

export const Route = createFileRoute("/login")({
  validateSearch: (search: Record<string, unknown>): Search => ({
    back: ownPath(search.back),
    oidc: typeof search.oidc === "string" ? search.oidc : undefined,
  }),
  // Seldom needed, why a sign-in elsewhere failed is not in the first load.
  beforeLoad: ({ search }) => (search.oidc ? allTexts() : undefined),
  component: SignIn,
});

interface Search {
  back?: string | undefined;
  /** Why a sign-in at the provider did not go through. */
  oidc?: string | undefined;
}

/** Only a path of this console: `//host` and `https:` would lead away. */
function ownPath(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^\/[^/\\]/.test(value)) return undefined;
  return value.startsWith("/login") ? undefined : value;
}

function SignIn() {
  const { t } = useTranslation();
  const { back, oidc } = Route.useSearch();
  const reason = providerReason(oidc);
  const router = useRouter();
  const client = useQueryClient();
  const site = useQuery(publicSystem);
  return (
    <Outside title={t("pages.signIn.title")}>
      {site.data?.setup_needed ? (
        <Stack>
          <Text>{t("pages.signIn.needsSetup")}</Text>
          <Button component={Link} to="/setup">
            {t("pages.signIn.toSetup")}
          </Button>
        </Stack>
      ) : (
        <Stack>
          {reason && <Alert color="yellow">{t(`pages.provider.reason.${reason}`)}</Alert>}
          <SignInForm
            back={back ?? "/"}
            onDone={() => {
              client.clear();
              router.history.push(back ?? "/");
            }}
          />
        </Stack>
      )}
    </Outside>
  );
}
