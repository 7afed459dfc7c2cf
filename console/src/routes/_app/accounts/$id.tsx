import { Alert, Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconLoader } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Account } from "../../../api/client";
import { account as accountQuery } from "../../../api/queries";
import { History } from "../../../features/accounts/history";
import { useAccountVerbs } from "../../../features/accounts/use-account-verbs";
import { AuditList } from "../../../features/audit/audit-list";
import { ShareList } from "../../../features/sharing/share-list";
import { TaskDrawer } from "../../../features/tasks/task-drawer";
import { TaskList } from "../../../features/tasks/task-list";
import { Mono } from "../../../parts/copy";
import { Facts } from "../../../parts/facts";
import { PageHead } from "../../../parts/page";
import { Loading, LoadProblem } from "../../../parts/problem";
import { PageTabs } from "../../../parts/tabs";
import { Ago, At } from "../../../parts/time";
import { State, useWord } from "../../../parts/words";
import { may } from "../../../shell/nav";
import { quote } from "../../../shell/twin";
import { ACCOUNT_FILTERS, AUDIT_FILTERS, TASK_FILTERS } from "../../../table/filter-names";
import { readListSearch } from "../../../table/search";

export const Route = createFileRoute("/_app/accounts/$id")({
  validateSearch: (search: Record<string, unknown>) =>
    readListSearch(search, [...ACCOUNT_FILTERS, ...TASK_FILTERS, ...AUDIT_FILTERS]),
  component: AccountPage,
});

function AccountPage() {
  const { t } = useTranslation();
  const { id } = Route.useParams();
  const { data, error, refetch } = useQuery(accountQuery(id));
  const verbs = useAccountVerbs();
  if (error && !data) return <LoadProblem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  const name = quote(`${data.resource.name}/${data.name}`);
  return (
    <>
      <PageHead
        title={data.name}
        above={
          <Anchor
            component={Link}
            to="/resources/$id"
            params={{ id: data.resource.id } as never}
            size="sm"
          >
            <bdi>{data.resource.name}</bdi>
          </Anchor>
        }
        badges={
          <>
            <State kind="knowledge" value={data.knowledge} />
            {data.presence === "gone" && <State kind="presence" value="gone" />}
          </>
        }
        actions={verbs.offered(data).map(({ verb, label, icon }, index) => (
          <Button
            key={verb}
            leftSection={icon}
            variant={index === 0 ? "filled" : "default"}
            onClick={() => verbs.start(verb, data)}
          >
            {label}
          </Button>
        ))}
        twin={{
          requests: [
            { method: "GET", path: `/accounts/${id}` },
            { method: "POST", path: `/accounts/${id}/reveal`, body: { reason: "…" } },
            { method: "POST", path: `/accounts/${id}/reset`, body: { reason: "…" } },
            { method: "POST", path: `/accounts/${id}/verify`, body: {} },
          ],
          commands: [
            `sekisho accounts show ${name}`,
            `sekisho reveal ${name} --reason '…'`,
            `sekisho copy ${name} --reason '…'`,
            `sekisho reset ${name} --reason '…'`,
            `sekisho verify ${name}`,
            `sekisho history ${name}`,
          ],
        }}
      />
      <Stack>
        <Remarks account={data} />
        <PageTabs
          label={data.name}
          tabs={[
            {
              id: "overview",
              label: t("pages.accounts.tabs.overview"),
              content: () => <Overview account={data} />,
            },
            ...(may(verbs.me, "use_passwords")
              ? [
                  {
                    id: "history",
                    label: t("pages.accounts.tabs.history"),
                    content: () => <History account={data} onReveal={verbs.revealFormer} />,
                  },
                ]
              : []),
            {
              id: "tasks",
              label: t("pages.accounts.tabs.tasks"),
              content: () => <TaskList fixed={{ account: id }} />,
            },
            ...(may(verbs.me, "share")
              ? [
                  {
                    id: "shares",
                    label: t("pages.resources.tabs.shares"),
                    content: () => <ShareList kind="accounts" id={id} />,
                  },
                ]
              : []),
            ...(may(verbs.me, "view_audit")
              ? [
                  {
                    id: "audit",
                    label: t("pages.accounts.tabs.audit"),
                    content: () => <AuditList about={{ account: id }} />,
                  },
                ]
              : []),
          ]}
        />
      </Stack>
      {verbs.dialog}
      <TaskDrawer />
    </>
  );
}

function Remarks({ account }: { account: Account }) {
  const { t } = useTranslation();
  return (
    <>
      {account.knowledge === "indeterminate" && (
        <Alert
          color="yellow"
          icon={<IconAlertTriangle aria-hidden="true" />}
          title={t("pages.accounts.twoValues")}
        >
          {t("pages.accounts.twoValuesHint")}
        </Alert>
      )}
      {account.presence === "gone" && (
        <Alert color="yellow" icon={<IconAlertTriangle aria-hidden="true" />}>
          {t("pages.accounts.phantom")}
        </Alert>
      )}
      {account.source === "directory" && (
        <Alert color="gray">{t("pages.accounts.directory")}</Alert>
      )}
      {account.open_order && (
        <Alert color="indigo" icon={<IconLoader aria-hidden="true" />}>
          <Group gap="sm">
            <Text size="sm">{t("pages.accounts.openReset")}</Text>
            <State kind="order" value={account.open_order.state} />
            <Anchor
              component={Link}
              to="."
              search={((now: object) => ({ ...now, open: account.open_order?.id })) as never}
              size="sm"
            >
              {t("pages.accounts.showTask")}
            </Anchor>
          </Group>
        </Alert>
      )}
    </>
  );
}

function Overview({ account }: { account: Account }) {
  const { t } = useTranslation();
  const word = useWord();
  const { current, last_verify: verify, rotation } = account;
  return (
    <Facts
      rows={[
        [
          t("pages.accounts.state"),
          <Stack key="state" gap={4} align="flex-start">
            <State kind="knowledge" value={account.knowledge} />
            <Text size="sm" c="dimmed">
              {word("knowledgeHelp", account.knowledge)}
            </Text>
          </Stack>,
        ],
        [
          t("pages.accounts.value"),
          current ? (
            <Text key="value" size="sm" span>
              {t("pages.accounts.versionNumber", { number: current.number })} ·{" "}
              {word("origin", current.origin)} · <At value={current.since} />
            </Text>
          ) : (
            t("common.none")
          ),
        ],
        [
          t("pages.accounts.verified"),
          verify ? (
            <Group key="verify" gap="xs">
              <State kind="verify" value={verify.result} />
              <Text size="sm">
                <Ago value={verify.at} />
                {verify.agent_version &&
                  ` · ${t("pages.accounts.agentVersion")} ${verify.agent_version}`}
              </Text>
            </Group>
          ) : (
            t("common.never")
          ),
        ],
        [
          t("pages.accounts.rotation"),
          <Stack key="rotation" gap={4} align="flex-start">
            <Group gap="xs">
              <State kind="rotation" value={rotation.state} />
              <Text size="sm">
                {typeof rotation.max_age_days === "number" &&
                  `${t("pages.accounts.setAge", { count: rotation.max_age_days })} (${t(`pages.accounts.ageFrom.${rotation.source}` as never)})`}
              </Text>
            </Group>
            {rotation.held_by && (
              <Text size="sm" c="dimmed">
                {word("held", rotation.held_by)}
              </Text>
            )}
          </Stack>,
        ],
        [
          t("pages.accounts.due"),
          rotation.due_at ? <At key="due" value={rotation.due_at} /> : t("common.none"),
        ],
        [t("pages.accounts.policy"), account.policy?.name ?? t("pages.accounts.inherited")],
        [t("pages.accounts.presence"), word("presence", account.presence)],
        [t("pages.accounts.source"), word("source", account.source)],
        [
          t("pages.accounts.field"),
          word("passwordField", account.password_field) || t("common.unknown"),
        ],
        [t("pages.accounts.nativeId"), account.native_id ?? t("common.unknown")],
        [
          t("common.id"),
          <Mono key="id" copy>
            {account.id}
          </Mono>,
        ],
      ]}
    />
  );
}
