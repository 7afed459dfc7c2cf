//! The keys of the vault and of the site: which there are, and how far a change is.
import { Alert, Badge, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { number } from "../../i18n/format";
import { Card } from "../../parts/card";
import { CopyBlock } from "../../parts/copy";
import { Facts } from "../../parts/facts";
import { PlainTable } from "../../parts/plain-table";
import { Loading, LoadProblem } from "../../parts/problem";
import { Ago, At } from "../../parts/time";

const COMMANDS = [
  "sekisho-server keys status",
  "sekisho-server keys rotate vault",
  "sekisho-server keys rotate order",
  "sekisho-server keys change-kek --new-config FILE",
].join("\n");

/** How a state looks. */
const TONES: Record<string, string> = {
  active: "good",
  live: "good",
  draining: "busy",
  next: "busy",
  lost: "bad",
};

function Tone({ state, label }: { state: string; label: string }) {
  return <Badge className={`state state-${TONES[state] ?? "quiet"}`}>{label}</Badge>;
}

export function KeysState() {
  const { t } = useTranslation();
  const vault = useQuery({
    queryKey: ["system", "vault"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/system/vault", { signal })),
  });
  const site = useQuery({
    queryKey: ["system", "keys"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/system/keys", { signal })),
  });
  const error = vault.error ?? site.error;
  if (error && !(vault.data && site.data)) {
    return <LoadProblem error={error} onRetry={() => void vault.refetch()} />;
  }
  if (!vault.data || !site.data) return <Loading />;
  const provider = (word: string) =>
    t(`pages.settings.keys.providers.${word}` as never, { defaultValue: word }) as string;
  const { data: keys } = site;
  return (
    <Stack>
      <Card title={t("pages.settings.keys.vault")}>
        <Stack gap="sm">
          {vault.data.kek_missing && (
            <Alert color="red" role="alert" title={t("pages.settings.keys.missing")} />
          )}
          <Facts
            rows={[
              [
                t("pages.settings.keys.provider"),
                <span key="provider">
                  {provider(vault.data.provider)}{" "}
                  <Text span size="sm" c="dimmed">
                    ({t("pages.settings.keys.since")} <At value={vault.data.provider_since} />)
                  </Text>
                </span>,
              ],
              ...(vault.data.next_provider
                ? [
                    [t("pages.settings.keys.next"), provider(vault.data.next_provider)] as [
                      string,
                      string,
                    ],
                  ]
                : []),
              [t("pages.settings.keys.left"), number(vault.data.values_left)],
            ]}
          />
          <PlainTable
            label={t("pages.settings.keys.vault")}
            heads={[
              t("pages.settings.keys.version"),
              t("pages.settings.keys.state"),
              t("pages.settings.keys.values"),
              t("pages.settings.keys.created"),
            ]}
          >
            {vault.data.keys.map((key) => (
              <Table.Tr key={key.version}>
                <Table.Td>{key.version}</Table.Td>
                <Table.Td>
                  <Tone
                    state={key.state}
                    label={t(`pages.settings.keys.states.${key.state}` as never, {
                      defaultValue: key.state,
                    })}
                  />
                </Table.Td>
                <Table.Td>{number(key.values)}</Table.Td>
                <Table.Td>
                  <Ago value={key.created_at} />
                </Table.Td>
              </Table.Tr>
            ))}
          </PlainTable>
        </Stack>
      </Card>
      <Card title={t("pages.settings.keys.site")}>
        <Stack gap="sm">
          <Facts
            rows={[
              [
                t("pages.settings.keys.bundle"),
                <span key="bundle">
                  {t("pages.settings.keys.bundleText", { version: keys.bundle_version })}{" "}
                  <Text span size="sm" c="dimmed">
                    (<At value={keys.bundle_since} />)
                  </Text>
                </span>,
              ],
            ]}
          />
          {keys.devices_behind > 0 && (
            <Alert color="yellow">
              {t("pages.settings.keys.behind", { count: keys.devices_behind, all: keys.devices })}
            </Alert>
          )}
          {keys.devices_ahead > 0 && (
            <Alert color="red">
              {t("pages.settings.keys.ahead", { count: keys.devices_ahead })}
            </Alert>
          )}
          <PlainTable
            label={t("pages.settings.keys.site")}
            heads={[
              t("pages.settings.keys.kind"),
              t("pages.settings.keys.kid"),
              t("pages.settings.keys.state"),
              t("pages.settings.keys.stateSince"),
              t("pages.settings.keys.replaceBy"),
            ]}
          >
            {keys.keys.map((key) => (
              <Table.Tr key={key.kid}>
                <Table.Td>
                  {t(`pages.settings.keys.kinds.${key.kind}` as never, { defaultValue: key.kind })}
                </Table.Td>
                <Table.Td className="mono">{key.kid}</Table.Td>
                <Table.Td>
                  <Tone
                    state={key.state}
                    label={t(`pages.settings.keys.siteStates.${key.state}` as never, {
                      defaultValue: key.state,
                    })}
                  />
                </Table.Td>
                <Table.Td>
                  <Ago value={key.since} />
                </Table.Td>
                <Table.Td>{key.replace_by ? <Ago value={key.replace_by} /> : "–"}</Table.Td>
              </Table.Tr>
            ))}
          </PlainTable>
          <Text size="sm" c="dimmed">
            {t("pages.settings.keys.rotate")}
          </Text>
          <CopyBlock value={COMMANDS} />
        </Stack>
      </Card>
    </Stack>
  );
}
