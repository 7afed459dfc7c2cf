import { Alert, Anchor, Button, Text } from "@mantine/core";
import { IconPencil, IconShieldX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { me as meQuery } from "../../../api/queries";
import { AuditList } from "../../../features/audit/audit-list";
import { CertificateTab } from "../../../features/gateways/certificate-tab";
import { ChangeDialog } from "../../../features/gateways/change-dialog";
import { LimitsTab } from "../../../features/gateways/limits-tab";
import { NetworkTab } from "../../../features/gateways/network-tab";
import { PassThroughTab } from "../../../features/gateways/pass-through-tab";
import { type Gateway, gateway as gatewayQuery } from "../../../features/gateways/queries";
import { Playbook, RevokeDialog } from "../../../features/gateways/revoke-dialog";
import { StateSign } from "../../../features/gateways/state-sign";
import { StatusTab } from "../../../features/gateways/status-tab";
import { PageHead } from "../../../parts/page";
import { Loading, LoadProblem } from "../../../parts/problem";
import { PageTabs } from "../../../parts/tabs";
import { At } from "../../../parts/time";
import { Sign } from "../../../parts/words";
import { may } from "../../../shell/nav";
import { quote, type Twin } from "../../../shell/twin";
import { AUDIT_FILTERS } from "../../../table/filter-names";
import { readListSearch } from "../../../table/search";

export const Route = createFileRoute("/_app/gateways/$id")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, AUDIT_FILTERS),
  component: GatewayPage,
});

function GatewayPage() {
  const { t } = useTranslation();
  const { id = "" } = useParams({ strict: false });
  const { data: me } = useQuery(meQuery);
  const { data, error, refetch } = useQuery(gatewayQuery(id));
  const [dialog, setDialog] = useState<"change" | "revoke">();
  if (error && !data) return <LoadProblem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  const manages = may(me, "manage_server") && data.state !== "revoked";
  return (
    <>
      <PageHead
        title={data.name}
        above={
          <Anchor component={Link} to="/gateways" size="sm">
            {t("pages.gateways.title")}
          </Anchor>
        }
        badges={
          <>
            <StateSign gateway={data} />
            {data.dry_run && data.state !== "revoked" && (
              <Sign tone="warn">{t("pages.gateways.limits.dryRun")}</Sign>
            )}
          </>
        }
        actions={
          manages && (
            <>
              <Button
                variant="default"
                leftSection={<IconPencil size={17} aria-hidden="true" />}
                onClick={() => setDialog("change")}
              >
                {t("pages.gateways.detail.change")}
              </Button>
              <Button
                variant="default"
                leftSection={<IconShieldX size={17} aria-hidden="true" />}
                onClick={() => setDialog("revoke")}
              >
                {t("pages.gateways.detail.revoke")}
              </Button>
            </>
          )
        }
        twin={twinOf(data)}
      />
      {data.state === "revoked" && <Revoked gateway={data} />}
      <PageTabs
        label={data.name}
        tabs={[
          {
            id: "status",
            label: t("pages.gateways.detail.tabs.status"),
            content: () => <StatusTab gateway={data} />,
          },
          {
            id: "network",
            label: t("pages.gateways.detail.tabs.network"),
            content: () => <NetworkTab gateway={data} />,
          },
          {
            id: "certificate",
            label: t("pages.gateways.detail.tabs.certificate"),
            content: () => <CertificateTab gateway={data} />,
          },
          {
            id: "limits",
            label: t("pages.gateways.detail.tabs.limits"),
            content: () => <LimitsTab gateway={data} />,
          },
          {
            id: "pass-through",
            label: t("pages.gateways.detail.tabs.passThrough"),
            content: () => <PassThroughTab gateway={data} />,
          },
          {
            id: "playbook",
            label: t("pages.gateways.detail.tabs.playbook"),
            content: () => <Playbook revoked={data.state === "revoked"} />,
          },
          ...(may(me, "view_audit")
            ? [
                {
                  id: "audit",
                  label: t("pages.gateways.detail.tabs.audit"),
                  content: () => <AuditList about={{ q: id }} />,
                },
              ]
            : []),
        ]}
      />
      {dialog === "change" && <ChangeDialog gateway={data} onClose={() => setDialog(undefined)} />}
      {dialog === "revoke" && <RevokeDialog gateway={data} onClose={() => setDialog(undefined)} />}
    </>
  );
}

/** Who revoked it, when and why, above everything else. */
function Revoked({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  return (
    <Alert
      color="gray"
      mb="md"
      role="status"
      title={t("pages.gateways.revoke.by", { name: gateway.revoked_by?.name ?? "" })}
    >
      {gateway.revoked_at && <At value={gateway.revoked_at} />}
      <Text size="sm">
        <bdi>{gateway.revoked_reason}</bdi>
      </Text>
    </Alert>
  );
}

function twinOf(gateway: Gateway): Twin {
  const { id, version } = gateway;
  const name = quote(gateway.name);
  return {
    requests: [
      { method: "GET", path: `/gateways/${id}` },
      { method: "GET", path: `/gateways/${id}/names` },
      { method: "PATCH", path: `/gateways/${id}`, body: { dry_run: true }, version },
      { method: "POST", path: `/gateways/${id}/lift`, body: { addresses: ["198.51.100.9"] } },
      { method: "POST", path: `/gateways/${id}/revoke`, body: { reason: "REASON" } },
    ],
    commands: [
      `sekisho gateways show ${name}`,
      `sekisho gateways names ${name}`,
      `sekisho gateways set ${name} --dry-run on`,
      `sekisho gateways set ${name} --pass-through on`,
      `sekisho gateways lift ${name} 198.51.100.9`,
      `sekisho gateways revoke ${name} --reason REASON`,
    ],
  };
}
