//! What the server says of itself: where it is, how it is, what bounds it.
import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { publicSystem, settings as settingsQuery, system as systemQuery } from "../../api/queries";
import { Card } from "../../parts/card";
import { CopyBlock, Mono } from "../../parts/copy";
import { Facts } from "../../parts/facts";
import { Loading, LoadProblem } from "../../parts/problem";
import { Ago } from "../../parts/time";
import { BACKUP_COMMAND, DRILL_COMMAND } from "./backup";
import { CertificateCard } from "./certificate-card";

/** A link to a part of the page: it is drawn later than the page. */
function scrollHere(element: HTMLElement | null) {
  if (element && location.hash === `#${element.id}`) element.scrollIntoView();
}

export function ServerState() {
  const { t } = useTranslation();
  const state = useQuery(systemQuery);
  const site = useQuery(publicSystem);
  const settings = useQuery(settingsQuery);
  const error = state.error ?? settings.error;
  if (error && !(state.data && settings.data)) {
    return <LoadProblem error={error} onRetry={() => void state.refetch()} />;
  }
  if (!state.data || !settings.data) return <Loading />;
  const { data } = state;
  const told = (key: string) =>
    settings.data.items.find((setting) => setting.key === key)?.value ?? "–";
  const databases: Record<string, string> = {
    sqlite: t("pages.settings.server.databases.sqlite"),
    postgresql: t("pages.settings.server.databases.postgresql"),
  };
  return (
    <Stack>
      <Card title={t("pages.settings.server.title")}>
        <Facts
          rows={[
            [t("pages.settings.server.version"), data.version],
            [
              t("pages.settings.server.site"),
              <Mono key="site" copy>
                {data.site}
              </Mono>,
            ],
            [
              t("pages.settings.server.fingerprint"),
              <Mono key="pin" copy>
                {data.site_fingerprint}
              </Mono>,
            ],
            [
              t("pages.settings.server.agents"),
              site.data ? (
                <Mono key="agents" copy>
                  {site.data.agents_address}
                </Mono>
              ) : (
                "–"
              ),
            ],
            [t("pages.settings.server.api"), <Mono key="api">{told("listen.api")}</Mono>],
            [t("pages.settings.server.database"), databases[data.database] ?? data.database],
            [
              t("pages.settings.server.uptime"),
              <Ago
                key="uptime"
                value={new Date(state.dataUpdatedAt - data.uptime_s * 1000).toISOString()}
              />,
            ],
            [
              t("pages.settings.server.passkeys"),
              site.data?.passkeys
                ? t("pages.settings.server.passkeysOn")
                : t("pages.settings.server.passkeysOff"),
            ],
          ]}
        />
      </Card>
      <Card title={t("pages.settings.backup.title")}>
        <Stack gap="sm" id="backup" ref={scrollHere} style={{ scrollMarginTop: 130 }}>
          <Facts
            rows={[
              [t("pages.settings.backup.last"), <Ago key="last" value={data.last_backup_at} />],
              [t("pages.settings.backup.drill"), <Ago key="drill" value={data.last_drill_at} />],
            ]}
          />
          <Text size="sm" c="dimmed">
            {t("pages.settings.backup.hint")}
          </Text>
          <CopyBlock value={BACKUP_COMMAND} />
          <CopyBlock value={DRILL_COMMAND} />
        </Stack>
      </Card>
      <CertificateCard />
      <Card title={t("pages.settings.server.limits")}>
        <Facts
          rows={[
            [
              t("pages.settings.server.session"),
              t("pages.settings.server.hours", { count: Number(told("limits.session_hours")) }),
            ],
            [
              t("pages.settings.server.idle"),
              t("pages.settings.server.minutes", {
                count: Number(told("limits.session_idle_minutes")),
              }),
            ],
            [
              t("pages.settings.server.proof"),
              t("pages.settings.server.minutes", {
                count: Number(told("limits.proof_minutes")),
              }),
            ],
            [
              t("pages.settings.server.token"),
              t("pages.settings.server.days", { count: Number(told("limits.token_days")) }),
            ],
            [
              t("pages.settings.server.hideAfter"),
              t("pages.settings.server.seconds", { count: site.data?.hide_after_s ?? 0 }),
            ],
          ]}
        />
      </Card>
    </Stack>
  );
}
