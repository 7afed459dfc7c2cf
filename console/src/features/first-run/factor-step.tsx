//! The first administrator's second factor: a passkey or an authenticator app.
import { Alert, Anchor, Button, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconCheck, IconDeviceMobile, IconFingerprint, type TablerIcon } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { canUsePasskeys } from "../../api/passkey";
import { publicSystem } from "../../api/queries";
import { Loading, LoadProblem } from "../../parts/problem";
import { AddPasskey } from "../me/add-passkey";
import { SetUp, secondFactor } from "../me/second-factor";

export function FactorStep() {
  const { t } = useTranslation();
  const site = useQuery(publicSystem);
  const found = useQuery(secondFactor);
  const [adding, setAdding] = useState(false);
  const [setting, setSetting] = useState(false);
  if (found.error) {
    return <LoadProblem error={found.error} onRetry={() => void found.refetch()} />;
  }
  if (!found.data || !site.data) return <Loading lines={3} />;
  const { totp_since: app, passkeys, recovery_codes_left: left } = found.data;
  const name = site.data.public_name;
  // Browsers bind passkeys to the server's name: at another one there are none.
  const isAtName = location.hostname === name || location.hostname.endsWith(`.${name}`);
  const possible = site.data.passkeys && isAtName && canUsePasskeys();
  const there = [
    passkeys > 0 && t("pages.firstRun.factor.hasPasskey"),
    app && t("pages.firstRun.factor.hasApp"),
  ].filter((text) => typeof text === "string");
  return (
    <Stack>
      <Text>{t("pages.firstRun.factor.about")}</Text>
      {there.map((text) => (
        <Alert key={text} color="teal" icon={<IconCheck aria-hidden="true" />} title={text} />
      ))}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Way
          icon={IconFingerprint}
          title={t("pages.passkeys.title")}
          text={t("pages.passkeys.about")}
        >
          <Button
            variant={there.length > 0 ? "default" : "filled"}
            disabled={!possible}
            onClick={() => setAdding(true)}
          >
            {t("pages.passkeys.add")}
          </Button>
          {!possible && <WhyNot hasName={site.data.passkeys} isAtName={isAtName} name={name} />}
        </Way>
        <Way
          icon={IconDeviceMobile}
          title={t("pages.secondFactor.app")}
          text={t("pages.firstRun.factor.app")}
        >
          <Button
            variant={there.length > 0 || possible ? "default" : "filled"}
            onClick={() => setSetting(true)}
          >
            {app ? t("pages.secondFactor.replace") : t("pages.secondFactor.setUp")}
          </Button>
        </Way>
      </SimpleGrid>
      {there.length > 0 ? (
        <Text size="sm">
          {t("pages.secondFactor.codesLeft")}: {t("pages.secondFactor.count", { count: left })}{" "}
          <Anchor component={Link} to="/me" size="sm" underline="always">
            {t("pages.secondFactor.newCodes")}
          </Anchor>
        </Text>
      ) : (
        <Text size="sm" c="dimmed">
          {t("pages.firstRun.factor.codes")}
        </Text>
      )}
      {adding && <AddPasskey onClose={() => setAdding(false)} />}
      {setting && <SetUp onClose={() => setSetting(false)} />}
    </Stack>
  );
}

interface WayProps {
  icon: TablerIcon;
  title: string;
  text: string;
  children: ReactNode;
}

function Way({ icon: Icon, title, text, children }: WayProps) {
  return (
    <Paper withBorder radius="md" p="md" component="section">
      <Stack gap="xs" align="flex-start">
        <Icon size={30} stroke={1.4} aria-hidden="true" />
        <Title order={3} size="h5">
          {title}
        </Title>
        <Text size="sm" c="dimmed">
          {text}
        </Text>
        {children}
      </Stack>
    </Paper>
  );
}

interface WhyNotProps {
  /** Whether the server has a name at all. */
  hasName: boolean;
  isAtName: boolean;
  name: string;
}

/** Why there can be no passkey here, and what to do. */
function WhyNot({ hasName, isAtName, name }: WhyNotProps) {
  const { t } = useTranslation();
  if (!hasName) return <Text size="sm">{t("pages.firstRun.factor.noName")}</Text>;
  if (isAtName) return <Text size="sm">{t("pages.firstRun.factor.noBrowser")}</Text>;
  const address = `https://${name}:${location.port || 443}${location.pathname}`;
  return (
    <Text size="sm">
      {t("pages.firstRun.factor.otherName")}{" "}
      <Anchor href={address} underline="always">
        {address}
      </Anchor>
    </Text>
  );
}
