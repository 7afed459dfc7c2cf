//! Where the audit log goes, and whose log is witnessed here.
import { Alert, Badge, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../api/client";
import { system as systemQuery } from "../../api/queries";
import { number } from "../../i18n/format";
import { Card } from "../../parts/card";
import { PlainTable } from "../../parts/plain-table";
import { Loading, LoadProblem, ProblemAlert } from "../../parts/problem";
import { Ago } from "../../parts/time";

type Reader = Schemas["ReaderState"];

export function AuditState({ witnesses }: { witnesses: boolean }) {
  const { t } = useTranslation();
  const state = useQuery(systemQuery);
  if (state.error && !state.data) {
    return <LoadProblem error={state.error} onRetry={() => void state.refetch()} />;
  }
  if (!state.data) return <Loading />;
  const { audit_readers: readers, audit_held: held } = state.data;
  return (
    <Stack>
      <Card title={t("pages.settings.audit.readers")}>
        <Stack gap="sm">
          {held && <Alert color="red" role="alert" title={t("pages.settings.audit.held")} />}
          {readers.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("pages.settings.audit.none")}
            </Text>
          ) : (
            <PlainTable
              label={t("pages.settings.audit.readers")}
              heads={[
                t("pages.settings.audit.name"),
                t("pages.settings.audit.state"),
                t("pages.settings.audit.waiting"),
                t("pages.settings.audit.lag"),
              ]}
            >
              {readers.map((reader) => (
                <ReaderRow key={reader.name} reader={reader} />
              ))}
            </PlainTable>
          )}
        </Stack>
      </Card>
      {witnesses && <Sites />}
    </Stack>
  );
}

function ReaderRow({ reader }: { reader: Reader }) {
  const { t } = useTranslation();
  const [tone, word] = reader.problem
    ? (["bad", "trouble"] as const)
    : reader.waiting > 0
      ? (["warn", "late"] as const)
      : (["good", "ok"] as const);
  return (
    <Table.Tr>
      <Table.Td className="mono">{reader.name}</Table.Td>
      <Table.Td>
        <Badge className={`state state-${tone}`}>{t(`pages.settings.audit.${word}`)}</Badge>
        {!reader.acknowledged && (
          <Text span size="sm" c="dimmed" ml={6}>
            {t("pages.settings.audit.unacknowledged")}
          </Text>
        )}
        {reader.problem && (
          <Text size="sm" lang="en" mt={4}>
            {reader.problem}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{number(reader.waiting)}</Table.Td>
      <Table.Td>{t("pages.settings.server.seconds", { count: reader.lag_s })}</Table.Td>
    </Table.Tr>
  );
}

/** Other sites whose heads are kept here. */
function Sites() {
  const { t } = useTranslation();
  const sites = useQuery({
    queryKey: ["witness", "sites"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/witness/sites", { signal })),
  });
  return (
    <Card title={t("pages.settings.audit.sites")}>
      {sites.error && <ProblemAlert error={sites.error} onRetry={() => void sites.refetch()} />}
      {sites.isPending && <Loading lines={2} />}
      {sites.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("pages.settings.audit.noSites")}
        </Text>
      )}
      {sites.data && sites.data.items.length > 0 && (
        <PlainTable
          label={t("pages.settings.audit.sites")}
          heads={[
            t("pages.settings.audit.siteName"),
            t("pages.settings.server.site"),
            t("pages.settings.audit.added"),
            t("pages.settings.audit.removed"),
          ]}
        >
          {sites.data.items.map((site) => (
            <Table.Tr key={site.id}>
              <Table.Td>
                <bdi>{site.name}</bdi>
              </Table.Td>
              <Table.Td className="mono">{site.id}</Table.Td>
              <Table.Td>
                <Ago value={site.added_at} />
              </Table.Td>
              <Table.Td>{site.removed_at ? <Ago value={site.removed_at} /> : "–"}</Table.Td>
            </Table.Tr>
          ))}
        </PlainTable>
      )}
    </Card>
  );
}
