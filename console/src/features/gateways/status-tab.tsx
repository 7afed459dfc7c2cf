//! What a gateway says of itself, as its `/getstatus` does: link, load, refusals, bans.
import { Alert, Button, Group, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { isProblem } from "../../api/problem";
import { me as meQuery } from "../../api/queries";
import { number } from "../../i18n/format";
import { Card } from "../../parts/card";
import { Mono } from "../../parts/copy";
import { Facts } from "../../parts/facts";
import { PlainTable } from "../../parts/plain-table";
import { ProblemAlert } from "../../parts/problem";
import { Ago, At } from "../../parts/time";
import { Sign } from "../../parts/words";
import { may } from "../../shell/nav";
import { MIB } from "./limits";
import { type Gateway, type GatewayStatus, gatewaySettings, type Limits } from "./queries";
import { Remarks } from "./remarks";
import { plainReason, refusals } from "./state";
import { DirectionSign } from "./state-sign";

export function StatusTab({ gateway }: { gateway: Gateway }) {
  const settings = useQuery(gatewaySettings);
  return (
    <Stack>
      <Attention gateway={gateway} />
      <LinkCard gateway={gateway} />
      {gateway.status && (
        <>
          <LoadCard status={gateway.status} limits={settings.data?.limits} />
          <RefusalsCard status={gateway.status} />
          <BansCard gateway={gateway} status={gateway.status} />
        </>
      )}
    </Stack>
  );
}

/** What somebody should look at, in the order in which it hinders. */
export function Attention({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  if (gateway.state === "revoked") return null;
  const says = gateway.connected ? (gateway.status?.problems ?? []) : [];
  const notThere = gateway.connected
    ? undefined
    : t(
        gateway.last_contact_at
          ? "pages.gateways.detail.notThere"
          : "pages.gateways.detail.neverThere",
      );
  if (!notThere && gateway.compatible && says.length === 0) return null;
  return (
    <Alert
      color={notThere || !gateway.compatible ? "red" : "yellow"}
      role="status"
      icon={<IconAlertTriangle aria-hidden="true" />}
      title={notThere ?? t("pages.gateways.detail.attention")}
    >
      <Stack gap="xs">
        {!gateway.compatible && <Text size="sm">{t("pages.gateways.detail.incompatible")}</Text>}
        {!gateway.connected && gateway.problem && (
          <Remarks title={t("pages.gateways.detail.why")} remarks={[gateway.problem]} />
        )}
        {says.length > 0 && <Remarks title={t("pages.gateways.detail.says")} remarks={says} />}
      </Stack>
    </Alert>
  );
}

function LinkCard({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  const { status } = gateway;
  const rows: [string, ReactNode][] = [
    [t("pages.gateways.link"), <DirectionSign key="link" gateway={gateway} />],
    [
      t("pages.gateways.detail.connections"),
      t("pages.gateways.detail.lines", { count: gateway.connections }),
    ],
    [t("pages.gateways.lastContact"), <Ago key="seen" value={gateway.last_contact_at} />],
    [
      t("pages.gateways.version"),
      `${gateway.software} (${t("pages.gateways.detail.linkVersion")} ${gateway.link_major})`,
    ],
    [t("pages.gateways.address"), <Mono key="address">{gateway.address}</Mono>],
    [t("pages.gateways.detail.listens"), <Mono key="agents">{gateway.agents}</Mono>],
    [
      t("pages.gateways.detail.keySha"),
      <Mono key="key" copy>
        {gateway.key_sha256}
      </Mono>,
    ],
  ];
  if (status && gateway.last_contact_at) {
    const seen = new Date(gateway.last_contact_at).getTime();
    const at = new Date(seen - status.uptime_s * 1000).toISOString();
    rows.push(
      [t("pages.gateways.detail.uptime"), <Ago key="uptime" value={at} />],
      [
        t("pages.gateways.detail.config"),
        status.config_version?.toString() ?? t("pages.gateways.detail.noConfig"),
      ],
    );
    if (status.config_hash) {
      rows.push([
        t("pages.gateways.detail.configHash"),
        <Mono key="hash">{status.config_hash}</Mono>,
      ]);
    }
  }
  rows.push(
    [t("pages.gateways.pairedAt"), <At key="paired" value={gateway.paired_at} />],
    [t("pages.gateways.detail.pairedBy"), <bdi key="by">{gateway.paired_by.name}</bdi>],
    [
      t("common.id"),
      <Mono key="id" copy>
        {gateway.id}
      </Mono>,
    ],
  );
  return (
    <Card title={t("pages.gateways.detail.link")}>
      <Facts rows={rows} />
      {gateway.instances.length > 0 && (
        <>
          <Title order={3} size="h5" mt="sm">
            {t("pages.gateways.detail.processes")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("pages.gateways.detail.processesHint")}
          </Text>
          <PlainTable
            label={t("pages.gateways.detail.processes")}
            heads={[
              t("pages.gateways.version"),
              t("pages.gateways.detail.peer"),
              t("pages.gateways.detail.since"),
              t("pages.gateways.detail.heard"),
              t("pages.gateways.detail.configured"),
            ]}
          >
            {gateway.instances.map((one) => (
              <Table.Tr key={`${one.peer} ${one.since}`}>
                <Table.Td>{one.software}</Table.Td>
                <Table.Td className="mono">{one.peer}</Table.Td>
                <Table.Td>
                  <Ago value={one.since} />
                </Table.Td>
                <Table.Td>
                  <Ago value={one.heard_at} />
                </Table.Td>
                <Table.Td>
                  <Sign tone={one.configured ? "good" : "busy"}>
                    {t(`pages.gateways.detail.${one.configured ? "newest" : "older"}`)}
                  </Sign>
                </Table.Td>
              </Table.Tr>
            ))}
          </PlainTable>
        </>
      )}
    </Card>
  );
}

interface LoadProps {
  status: GatewayStatus;
  limits: Limits | undefined;
}

function LoadCard({ status, limits }: LoadProps) {
  const { t } = useTranslation();
  const of = (now: number, most: number | undefined) =>
    most === undefined
      ? number(now)
      : t("pages.gateways.detail.nowOf", { now: number(now), most: number(most) });
  const mib = (bytes: number) =>
    `${number(Math.round(bytes / MIB))} ${t("pages.gateways.limits.mib")}`;
  const rows: [string, ReactNode][] = [
    [t("pages.gateways.detail.agentConnections"), of(status.connections, limits?.connections)],
    [t("pages.gateways.detail.parked"), number(status.parked)],
    [
      t("pages.gateways.detail.inFlight"),
      t("pages.gateways.detail.inFlightOf", {
        now: number(status.relayed_in_flight),
        allowed: number(status.relay_allowed),
        most: limits ? number(limits.relayed_in_flight) : "–",
      }),
    ],
    [t("pages.gateways.detail.streams"), of(status.pass_through, limits?.pass_through)],
    [
      t("pages.gateways.detail.memory"),
      limits
        ? t("pages.gateways.detail.nowOf", {
            now: mib(status.memory_bytes),
            most: mib(limits.memory_bytes),
          })
        : mib(status.memory_bytes),
    ],
    [t("pages.gateways.detail.relayed"), number(status.relayed)],
    [t("pages.gateways.detail.handshakes"), number(status.handshakes)],
  ];
  return (
    <Card title={t("pages.gateways.detail.load")}>
      <Facts rows={rows} />
    </Card>
  );
}

function RefusalsCard({ status }: { status: GatewayStatus }) {
  const { t } = useTranslation();
  const found = refusals(status.refused);
  const last = [...status.last_refusals].reverse();
  return (
    <Card title={t("pages.gateways.detail.refusals")}>
      {found.rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("pages.gateways.detail.noRefusals")}
        </Text>
      ) : (
        <Stack>
          <SimpleGrid cols={{ base: 2, sm: found.dry > 0 ? 4 : 3 }}>
            <Figure label={t("pages.gateways.detail.notFound")} value={found.notFound} />
            <Figure label={t("pages.gateways.detail.limited")} value={found.limited} />
            <Figure label={t("pages.gateways.detail.otherRefusals")} value={found.other} />
            {found.dry > 0 && (
              <Figure label={t("pages.gateways.detail.wouldCount")} value={found.dry} />
            )}
          </SimpleGrid>
          <PlainTable
            label={t("pages.gateways.detail.refusals")}
            minWidth={320}
            heads={[t("pages.gateways.detail.reason"), t("pages.gateways.detail.count")]}
          >
            {found.rows.map(({ reason, count, dry }) => (
              <Table.Tr key={`${reason} ${dry}`}>
                <Table.Td>
                  <Reason reason={reason} dry={dry} />
                </Table.Td>
                <Table.Td>{number(count)}</Table.Td>
              </Table.Tr>
            ))}
          </PlainTable>
        </Stack>
      )}
      {last.length > 0 && (
        <details>
          <summary>
            <Text span size="sm">
              {t("pages.gateways.detail.lastRefusals")} ({last.length})
            </Text>
          </summary>
          <PlainTable
            label={t("pages.gateways.detail.lastRefusals")}
            minWidth={640}
            heads={[
              t("pages.gateways.detail.at"),
              t("pages.gateways.detail.from"),
              t("pages.gateways.detail.reason"),
              t("pages.gateways.detail.status"),
              t("pages.gateways.detail.device"),
            ]}
          >
            {last.map((one, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: refusals have no identity
              <Table.Tr key={at}>
                <Table.Td>
                  <At value={one.at} />
                </Table.Td>
                <Table.Td className="mono">{one.address}</Table.Td>
                <Table.Td>
                  <Reason {...plainReason(one.reason)} />
                </Table.Td>
                <Table.Td>
                  {one.status === 0 ? t("pages.gateways.detail.closed") : one.status}
                </Table.Td>
                <Table.Td>{one.device ? <DeviceLink id={one.device} /> : "–"}</Table.Td>
              </Table.Tr>
            ))}
          </PlainTable>
        </details>
      )}
    </Card>
  );
}

function DeviceLink({ id }: { id: string }) {
  return (
    <Link to="/devices" search={{ open: id } as never} className="mono">
      {id.slice(0, 8)}…
    </Link>
  );
}

function Figure({ label, value }: { label: string; value: number }) {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="xl" fw={650}>
        {number(value)}
      </Text>
    </div>
  );
}

/** A reason in the reader's language; one of a newer gateway as it is. */
function Reason({ reason, dry }: { reason: string; dry: boolean }) {
  const { t } = useTranslation();
  const text = t(`pages.gateways.reasons.${reason}` as never, { defaultValue: reason }) as string;
  return (
    <Group gap={6} component="span" display="inline-flex">
      <span>{text}</span>
      {dry && <Sign tone="quiet">{t("pages.gateways.limits.dryRun")}</Sign>}
    </Group>
  );
}

function BansCard({ gateway, status }: { gateway: Gateway; status: GatewayStatus }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const lift = useMutation({
    mutationFn: (addresses: string[]) =>
      api.POST("/api/v1/gateways/{id}/lift", {
        params: { path: { id: gateway.id } },
        body: { addresses },
      }),
    onSuccess: async () => {
      notifications.show({ message: t("pages.gateways.detail.lifted") });
      await client.invalidateQueries({ queryKey: ["gateways"] });
    },
  });
  const notConnected =
    isProblem(lift.error, "conflict") && lift.error.conflict === "gateway_not_connected";
  const lifts = may(me, "manage_server") && gateway.connected;
  const all = status.bans.map(({ address }) => address);
  return (
    <Card
      title={t("pages.gateways.detail.bans")}
      actions={
        lifts &&
        all.length > 1 && (
          <Button
            variant="default"
            size="compact-md"
            loading={lift.isPending}
            onClick={() => lift.mutate(all)}
          >
            {t("pages.gateways.detail.liftAll")}
          </Button>
        )
      }
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t("pages.gateways.detail.bansHint")}
        </Text>
        {notConnected ? (
          <Alert color="yellow" role="alert">
            {t("pages.gateways.detail.liftNotConnected")}
          </Alert>
        ) : (
          lift.error && <ProblemAlert error={lift.error} />
        )}
        {all.length === 0 ? (
          <Text size="sm">{t("pages.gateways.detail.noBans")}</Text>
        ) : (
          <PlainTable
            label={t("pages.gateways.detail.bans")}
            heads={[
              t("pages.gateways.detail.from"),
              t("pages.gateways.detail.reason"),
              t("pages.gateways.detail.until"),
              ...(lifts ? [t("table.actions")] : []),
            ]}
          >
            {status.bans.map(({ address, reason, until }) => (
              <Table.Tr key={address}>
                <Table.Td className="mono">{address}</Table.Td>
                <Table.Td>
                  <Reason {...plainReason(reason)} />
                </Table.Td>
                <Table.Td>
                  <Ago value={until} />
                </Table.Td>
                {lifts && (
                  <Table.Td>
                    <Button
                      variant="default"
                      size="compact-sm"
                      aria-label={`${t("pages.gateways.detail.lift")}: ${address}`}
                      loading={lift.isPending && lift.variables?.includes(address)}
                      onClick={() => lift.mutate([address])}
                    >
                      {t("pages.gateways.detail.lift")}
                    </Button>
                  </Table.Td>
                )}
              </Table.Tr>
            ))}
          </PlainTable>
        )}
      </Stack>
    </Card>
  );
}
