import {
  Grid,
  List,
  SegmentedControl,
  Stack,
  Switch,
  Text,
  useMantineColorScheme,
} from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { me as meQuery, publicSystem } from "../../api/queries";
import { ChangePassword } from "../../features/me/change-password";
import { Identities } from "../../features/me/identities";
import { Passkeys } from "../../features/me/passkeys";
import { SecondFactor } from "../../features/me/second-factor";
import { Sessions } from "../../features/me/sessions";
import { Tokens } from "../../features/me/tokens";
import { OwnMail } from "../../features/reports/own-mail";
import { useReportWords } from "../../features/reports/words";
import { useRoleName } from "../../features/roles/role-name";
import { changeLanguage, currentLanguage, LANGUAGES } from "../../i18n";
import { Card } from "../../parts/card";
import { Facts } from "../../parts/facts";
import { PageHead } from "../../parts/page";
import { At } from "../../parts/time";
import { setPreferences, usePreferences } from "../../shell/preferences";

export const Route = createFileRoute("/_app/me")({
  validateSearch: (search: Record<string, unknown>): { oidc?: string | undefined } => ({
    oidc: typeof search.oidc === "string" ? search.oidc : undefined,
  }),
  component: MePage,
});

function MePage() {
  const { t } = useTranslation();
  const w = useReportWords();
  const roleName = useRoleName();
  const { data: me } = useSuspenseQuery(meQuery);
  const site = useQuery(publicSystem);
  const { oidc } = Route.useSearch();
  return (
    <>
      <PageHead
        title={t("pages.me.title")}
        twin={{
          requests: [
            { method: "GET", path: "/me" },
            { method: "GET", path: "/me/second-factor" },
            { method: "GET", path: "/me/passkeys" },
            { method: "GET", path: "/me/identities" },
            { method: "GET", path: "/me/sessions" },
            { method: "GET", path: "/me/mail" },
            { method: "GET", path: "/tokens" },
          ],
          commands: [
            "sekisho whoami",
            "sekisho second-factor set-up",
            "sekisho sessions list",
            "sekisho mail show",
            "sekisho tokens list",
            "sekisho tokens create NAME --scope read",
          ],
        }}
      />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <Stack>
            <Card title={t("pages.me.profile")}>
              <Facts
                rows={[
                  [t("pages.users.name"), me.user.name],
                  [t("pages.users.displayName"), <bdi key="name">{me.user.display_name}</bdi>],
                  [t("pages.users.role"), <bdi key="role">{roleName(me.role)}</bdi>],
                  ...(me.session
                    ? ([
                        [t("pages.me.signedInAt"), <At key="from" value={me.session.created_at} />],
                        [t("pages.me.endsAt"), <At key="to" value={me.session.expires_at} />],
                      ] as [string, ReactNode][])
                    : []),
                ]}
              />
              <details>
                <summary>
                  <Text span size="sm">
                    {t("pages.me.permissions")}
                  </Text>
                </summary>
                <List size="sm" mt={6}>
                  {me.permissions.map((permission) => (
                    <List.Item key={permission}>
                      {t(`pages.permission.${permission}` as never, { defaultValue: permission })}
                    </List.Item>
                  ))}
                </List>
              </details>
            </Card>
            <Card title={t("pages.me.appearance")}>
              <Appearance />
            </Card>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <Stack>
            <Card title={t("pages.secondFactor.title")}>
              <SecondFactor />
            </Card>
            <Card title={t("pages.me.password")}>
              <ChangePassword name={me.user.name} />
            </Card>
          </Stack>
        </Grid.Col>
        <Grid.Col span={12}>
          <Card title={w.mail.title}>
            <OwnMail />
          </Card>
        </Grid.Col>
        <Grid.Col span={12}>
          <Card title={t("pages.passkeys.title")}>
            <Passkeys />
          </Card>
        </Grid.Col>
        {site.data?.oidc && (
          <Grid.Col span={12}>
            <Card title={t("pages.provider.title")}>
              <Identities provider={site.data.oidc} outcome={oidc} />
            </Card>
          </Grid.Col>
        )}
        <Grid.Col span={12}>
          <Card title={t("pages.sessions.title")}>
            <Sessions />
          </Card>
        </Grid.Col>
        <Grid.Col span={12}>
          <Card title={t("pages.me.tokens")}>
            <Tokens />
          </Card>
        </Grid.Col>
      </Grid>
    </>
  );
}

function Appearance() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { density, shortcuts } = usePreferences();
  return (
    <Stack>
      <Choice
        label={t("shell.language.label")}
        value={currentLanguage()}
        options={LANGUAGES.map((value) => ({ value, label: t(`shell.language.${value}`) }))}
        onChange={(value) => void changeLanguage(value)}
      />
      <Choice
        label={t("shell.theme.label")}
        value={colorScheme}
        options={(["auto", "light", "dark"] as const).map((value) => ({
          value,
          label: t(`shell.theme.${value}`),
        }))}
        onChange={setColorScheme}
      />
      <Choice
        label={t("shell.density.label")}
        value={density}
        options={(["normal", "compact"] as const).map((value) => ({
          value,
          label: t(`shell.density.${value}`),
        }))}
        onChange={(value) => setPreferences({ density: value })}
      />
      <Switch
        label={t("shell.keys.on")}
        description={t("shell.keys.off")}
        checked={shortcuts}
        onChange={(event) => setPreferences({ shortcuts: event.currentTarget.checked })}
      />
    </Stack>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; label: string }[];
  onChange: (value: T) => void;
}

function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  const id = useId();
  return (
    <Stack gap={4} align="flex-start">
      <Text size="sm" fw={500} id={id}>
        {label}
      </Text>
      <SegmentedControl
        aria-labelledby={id}
        value={value}
        data={options}
        onChange={(next) => onChange(next as T)}
      />
    </Stack>
  );
}
