//! One device, beside the list: what it says of itself, and its fingerprint.
import { Drawer, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { lookAgain } from "../../api/live";
import { CopyBlock, Mono } from "../../parts/copy";
import { Facts } from "../../parts/facts";
import { Loading, LoadProblem } from "../../parts/problem";
import { Ago, At } from "../../parts/time";
import { State, useWord } from "../../parts/words";

export function DeviceDrawer() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { open } = useSearch({ strict: false }) as { open?: string };
  return (
    <Drawer
      opened={open !== undefined}
      onClose={() =>
        void navigate({
          to: ".",
          search: ((now: object) => ({ ...now, open: undefined })) as never,
          resetScroll: false,
        })
      }
      position="right"
      size="lg"
      title={t("pages.devices.title")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {open && <Device id={open} />}
    </Drawer>
  );
}

/** A fingerprint in groups of four, as people compare it. */
export function grouped(fingerprint: string): string {
  return fingerprint.replace(/(.{4})(?=.)/g, "$1 ");
}

function Device({ id }: { id: string }) {
  const { t } = useTranslation();
  const word = useWord();
  const { data, error, refetch } = useQuery({
    queryKey: ["devices", "one", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/devices/{id}", { params: { path: { id } }, signal })),
    refetchInterval: lookAgain,
  });
  if (error && !data) return <LoadProblem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  return (
    <Stack>
      <section>
        <Text size="sm" fw={600} mb={4}>
          {t("pages.devices.fingerprint")}
        </Text>
        <CopyBlock value={grouped(data.fingerprint)} />
        <Text size="sm" c="dimmed" mt={4}>
          {t("pages.devices.fingerprintHint")}
        </Text>
      </section>
      <Facts
        rows={[
          [t("pages.devices.host"), <bdi key="host">{data.host_name}</bdi>],
          [
            t("pages.devices.state"),
            <Stack key="state" gap={4} align="flex-start">
              <State kind="device" value={data.state} />
              <State kind="suspension" value={data.suspension} />
              {data.remark && (
                <Text size="sm" c="dimmed">
                  {word("remark", data.remark)}
                </Text>
              )}
            </Stack>,
          ],
          ...(data.blocked_reason
            ? ([[t("pages.devices.blockedReason"), data.blocked_reason]] as [string, string][])
            : []),
          [
            t("pages.devices.resource"),
            data.resource ? (
              <Link key="resource" to="/resources/$id" params={{ id: data.resource.id }}>
                <bdi>{data.resource.name}</bdi>
              </Link>
            ) : (
              t("pages.agents.na")
            ),
          ],
          [t("pages.devices.platform"), word("platform", data.platform)],
          [t("pages.devices.version"), data.agent_version],
          [t("pages.devices.lastSeen"), <Ago key="seen" value={data.last_seen_at} />],
          [t("pages.devices.enrolled"), <At key="enrolled" value={data.created_at} />],
          [t("pages.agents.key"), data.enrolled_with?.name ?? t("common.unknown")],
          [
            t("pages.devices.approvedBy"),
            data.approved_at
              ? (data.approved_by?.name ?? t("pages.devices.byKey"))
              : t("common.never"),
          ],
          [
            t("pages.devices.certificate"),
            data.certificate ? <At key="certificate" value={data.certificate.not_after} /> : "–",
          ],
          [
            t("common.id"),
            <Mono key="id" copy>
              {data.id}
            </Mono>,
          ],
        ]}
      />
      <section>
        <Text size="sm" fw={600}>
          {t("pages.devices.facts")}
        </Text>
        <Text size="sm" c="dimmed" mb={4}>
          {t("pages.devices.factsHint")}
        </Text>
        <Facts
          rows={Object.entries(data.facts as Record<string, unknown>).map(([name, value]) => [
            name,
            <Mono key={name}>{typeof value === "string" ? value : JSON.stringify(value)}</Mono>,
          ])}
        />
      </section>
    </Stack>
  );
}
