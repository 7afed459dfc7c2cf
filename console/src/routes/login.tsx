import { Button, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createFileRoute, Link, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { publicSystem } from "../api/queries";
import { Outside } from "../shell/outside";
import { SignInForm } from "../shell/sign-in-form";

export const Route = createFileRoute("/login")({
  validateSearch: (search: Record<string, unknown>): { back?: string | undefined } => ({
    back: ownPath(search.back),
  }),
  component: SignIn,
});

/** Only a path of this console: `//host` and `https:` would lead away. */
function ownPath(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^\/[^/\\]/.test(value)) return undefined;
  return value.startsWith("/login") ? undefined : value;
}

function SignIn() {
  const { t } = useTranslation();
  const { back } = Route.useSearch();
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
        <SignInForm
          onDone={() => {
            client.clear();
            router.history.push(back ?? "/");
          }}
        />
      )}
    </Outside>
  );
}
