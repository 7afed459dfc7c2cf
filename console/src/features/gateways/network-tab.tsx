//! Ports to open, public addresses, and what the names lead to from both sides.
import { Button, Group, Stack, Table, Text } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Card } from "../../parts/card";
import { CopyBlock, Mono } from "../../parts/copy";
import { PlainTable } from "../../parts/plain-table";
import { Loading, LoadProblem } from "../../parts/problem";
import { Sign } from "../../parts/words";
import { type NameCheck, reached, verdictOf } from "./names";
import { Ports, PortTests } from "./ports";
import { type Gateway, gatewayNames } from "./queries";

export function NetworkTab({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Card title={t("pages.gateways.network.ports")}>
        <Stack gap="sm">
          <Ports gateway={gateway} />
          <PortTests gateway={gateway} />
        </Stack>
      </Card>
      <Card title={t("pages.gateways.network.public")}>
        <Text size="sm" c="dimmed" mb="xs">
          {t("pages.gateways.network.weightHint")}
        </Text>
        <PlainTable
          label={t("pages.gateways.network.public")}
          heads={[
            t("pages.gateways.pair.public"),
            t("pages.gateways.network.weight"),
            t("pages.gateways.network.check"),
          ]}
        >
          {gateway.public.map((one) => (
            <Table.Tr key={one.address}>
              <Table.Td>
                <Mono copy>{one.address}</Mono>
              </Table.Td>
              <Table.Td>{one.weight ?? 10}</Table.Td>
              <Table.Td>
                {t(`pages.gateways.network.checks.${one.tls ?? "site_ca"}`)}
                {one.key_sha256 && (
                  <>
                    {" "}
                    <Mono>{one.key_sha256}</Mono>
                  </>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </PlainTable>
      </Card>
      {gateway.state !== "revoked" && <NamesCard gateway={gateway} />}
    </Stack>
  );
}

function NamesCard({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  const found = useQuery(gatewayNames(gateway.id));
  const { data } = found;
  return (
    <Card
      title={t("pages.gateways.network.names")}
      actions={
        <Button
          variant="default"
          size="compact-md"
          leftSection={<IconRefresh size={15} aria-hidden="true" />}
          loading={found.isFetching}
          onClick={() => void found.refetch()}
        >
          {t("pages.gateways.network.look")}
        </Button>
      }
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t("pages.gateways.network.namesAbout")}
        </Text>
        {found.error && !data && (
          <LoadProblem error={found.error} onRetry={() => void found.refetch()} />
        )}
        {!data && !found.error && <Loading lines={3} />}
        {data && data.names.length === 0 && (
          <Text size="sm">{t("pages.gateways.network.none")}</Text>
        )}
        {data && data.names.length > 0 && (
          <>
            <PlainTable
              label={t("pages.gateways.network.names")}
              minWidth={820}
              heads={[
                t("pages.gateways.name"),
                t("pages.gateways.network.lan"),
                t("pages.gateways.network.wan"),
                t("pages.gateways.network.certificate"),
              ]}
            >
              {data.names.map((check) => (
                <NameRows key={check.name} check={check} />
              ))}
            </PlainTable>
            <div>
              <Text size="sm" c="dimmed" mb={4}>
                {t("pages.gateways.network.outside")}
              </Text>
              <CopyBlock value={data.names.map(({ name }) => `nslookup ${name}`).join("\n")} />
            </div>
          </>
        )}
      </Stack>
    </Card>
  );
}

function NameRows({ check }: { check: NameCheck }) {
  const { t } = useTranslation();
  const { verdict, tone } = verdictOf(check);
  const covered = check.gateway_certificate;
  return (
    <>
      <Table.Tr style={{ verticalAlign: "top", borderBottom: 0 }}>
        <Table.Th scope="row" className="mono">
          {check.name}
        </Table.Th>
        <Table.Td>
          <Side addresses={check.here} word={check.lan_reaches} problem={check.problem} />
        </Table.Td>
        <Table.Td>
          <Side addresses={check.there} word={check.wan_reaches} problem={check.there_problem} />
        </Table.Td>
        <Table.Td>
          <Sign tone={covered == null ? "quiet" : covered ? "good" : "bad"}>
            {t(
              `pages.gateways.network.${
                covered == null ? "notKnown" : covered ? "covered" : "notCovered"
              }`,
            )}
          </Sign>
        </Table.Td>
      </Table.Tr>
      <Table.Tr>
        <Table.Td colSpan={4} pt={0}>
          {/* The table may be wider than the window: the sentence is not. */}
          <Text
            size="sm"
            style={{ maxWidth: "calc(100vw - 100px)" }}
            c={tone === "bad" || tone === "warn" ? undefined : "dimmed"}
          >
            {t(`pages.gateways.network.verdicts.${verdict}`)}
          </Text>
        </Table.Td>
      </Table.Tr>
    </>
  );
}

interface SideProps {
  addresses: readonly string[];
  word: string | null | undefined;
  problem: string | null | undefined;
}

/** What a name is on one side. */
function Side({ addresses, word, problem }: SideProps) {
  const { t } = useTranslation();
  const known = reached(word);
  if (!known) {
    return (
      <Text size="sm" c="dimmed">
        {t("pages.gateways.network.notAsked")}
      </Text>
    );
  }
  return (
    <Stack gap={2}>
      <Group gap={6}>
        <Sign tone={known === "nothing" ? "warn" : known === "elsewhere" ? "quiet" : "good"}>
          {t(`pages.gateways.network.reaches.${known}`)}
        </Sign>
      </Group>
      {addresses.map((address) => (
        <Text key={address} size="sm" className="mono">
          {address}
        </Text>
      ))}
      {problem && (
        <Text size="xs" c="dimmed" lang="en">
          {problem}
        </Text>
      )}
    </Stack>
  );
}
