import { ActionIcon, Anchor, Button, Group, Menu, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconDotsVertical,
  IconPencil,
  IconPlus,
  IconRobotOff,
  IconTrash,
  IconUserShare,
  IconZoomScan,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, etag, type Resource } from "../../../api/client";
import { me as meQuery, resource as resourceQuery } from "../../../api/queries";
import { AccountList } from "../../../features/accounts/account-list";
import { AuditList } from "../../../features/audit/audit-list";
import { AddAccount } from "../../../features/resources/add-account";
import { ResourceForm } from "../../../features/resources/resource-form";
import { useTransfer } from "../../../features/resources/transfer";
import { ShareList } from "../../../features/sharing/share-list";
import { TaskDrawer } from "../../../features/tasks/task-drawer";
import { TaskList } from "../../../features/tasks/task-list";
import { Mono } from "../../../parts/copy";
import { DeleteNamed } from "../../../parts/delete-named";
import { Facts } from "../../../parts/facts";
import { PageHead } from "../../../parts/page";
import { Loading, LoadProblem, Notice, ProblemAlert } from "../../../parts/problem";
import { PageTabs } from "../../../parts/tabs";
import { Ago, At } from "../../../parts/time";
import { State, useWord } from "../../../parts/words";
import { may } from "../../../shell/nav";
import { quote } from "../../../shell/twin";
import { BulkSheet } from "../../../table/bulk";
import { ACCOUNT_FILTERS, AUDIT_FILTERS, TASK_FILTERS } from "../../../table/filter-names";
import { readListSearch } from "../../../table/search";

export const Route = createFileRoute("/_app/resources/$id")({
  validateSearch: (search: Record<string, unknown>) =>
    readListSearch(search, [...ACCOUNT_FILTERS, ...TASK_FILTERS, ...AUDIT_FILTERS]),
  component: ResourcePage,
});

function ResourcePage() {
  const { t } = useTranslation();
  const { id } = Route.useParams();
  const navigate = Route.useNavigate();
  const client = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const { data, error, refetch } = useQuery(resourceQuery(id));
  const transfer = useTransfer();
  const [dialog, setDialog] = useState<"edit" | "delete" | "account" | "transfer">();
  const discover = useMutation({
    mutationFn: () =>
      body(api.POST("/api/v1/resources/{id}/discover", { params: { path: { id } }, body: {} })),
    onSuccess: async (order) => {
      notifications.show({ message: t("pages.resources.discoverStarted") });
      await client.invalidateQueries({ queryKey: ["orders"] });
      await navigate({ search: (now) => ({ ...now, open: order.id }) });
    },
  });
  if (error && !data) return <LoadProblem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  const name = quote(data.name);
  const edits = may(me, "edit_resources");
  return (
    <>
      <PageHead
        title={data.name}
        above={
          <Anchor component={Link} to="/resources" size="sm">
            {t("pages.resources.title")}
          </Anchor>
        }
        badges={data.device && <AgentState device={data.device} />}
        actions={
          edits && (
            <>
              <Button
                variant="default"
                leftSection={<IconZoomScan size={17} aria-hidden="true" />}
                loading={discover.isPending}
                disabled={!data.device}
                onClick={() => discover.mutate()}
              >
                {t("pages.resources.discover")}
              </Button>
              <Button
                variant="default"
                leftSection={<IconPencil size={17} aria-hidden="true" />}
                onClick={() => setDialog("edit")}
              >
                {t("pages.resources.edit")}
              </Button>
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon variant="default" size={36} aria-label={t("common.more")}>
                    <IconDotsVertical size={18} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item
                    leftSection={<IconPlus size={16} aria-hidden="true" />}
                    onClick={() => setDialog("account")}
                  >
                    {t("pages.resources.addAccount")}
                  </Menu.Item>
                  {transfer.applies?.(data) && (
                    <Menu.Item
                      leftSection={<IconUserShare size={16} aria-hidden="true" />}
                      onClick={() => setDialog("transfer")}
                    >
                      {t("pages.transfer.title")}
                    </Menu.Item>
                  )}
                  <Menu.Item
                    color="red"
                    leftSection={<IconTrash size={16} aria-hidden="true" />}
                    onClick={() => setDialog("delete")}
                  >
                    {t("pages.resources.delete")}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </>
          )
        }
        twin={{
          requests: [
            { method: "GET", path: `/resources/${id}` },
            { method: "GET", path: `/accounts?resource=${id}` },
            { method: "POST", path: `/resources/${id}/discover`, body: {} },
            { method: "GET", path: `/resources/${id}/shares` },
            { method: "GET", path: `/resources/${id}/explain` },
          ],
          commands: [
            `sekisho resources show ${name}`,
            `sekisho accounts list --resource ${name}`,
            `sekisho resources discover ${name}`,
            `sekisho shares list --resource ${name}`,
            `sekisho explain --resource ${name}`,
          ],
        }}
      />
      {discover.error && <ProblemAlert error={discover.error} />}
      <PageTabs
        label={data.name}
        tabs={[
          {
            id: "accounts",
            label: `${t("pages.resources.tabs.accounts")} (${data.accounts.total})`,
            content: () => <AccountList resource={id} />,
          },
          {
            id: "agent",
            label: t("pages.resources.tabs.agent"),
            content: () => <Agent resource={data} />,
          },
          {
            id: "tasks",
            label: t("pages.resources.tabs.tasks"),
            content: () =>
              data.device ? (
                <TaskList fixed={{ device: data.device.id }} />
              ) : (
                <Notice icon={null} title={t("pages.home.noTasks")} />
              ),
          },
          {
            id: "about",
            label: t("pages.resources.tabs.about"),
            content: () => <About resource={data} />,
          },
          ...(may(me, "share")
            ? [
                {
                  id: "shares",
                  label: t("pages.resources.tabs.shares"),
                  content: () => <ShareList kind="resources" id={id} />,
                },
              ]
            : []),
          ...(may(me, "view_audit")
            ? [
                {
                  id: "audit",
                  label: t("pages.resources.tabs.audit"),
                  content: () => <AuditList about={{ resource: id }} />,
                },
              ]
            : []),
        ]}
      />
      {dialog === "edit" && <ResourceForm resource={data} onClose={() => setDialog(undefined)} />}
      {dialog === "account" && <AddAccount resource={id} onClose={() => setDialog(undefined)} />}
      {dialog === "delete" && (
        <DeleteNamed
          title={t("pages.resources.delete")}
          explain={t("pages.resources.deleteExplain", { count: data.accounts.total })}
          name={data.name}
          remove={() =>
            api.DELETE("/api/v1/resources/{id}", {
              params: { path: { id }, header: { "If-Match": etag(data) } },
            })
          }
          touches={[["resources", "list"], ["accounts"]]}
          onClose={() => setDialog(undefined)}
          onDeleted={() => void navigate({ to: "/resources" })}
        />
      )}
      {dialog === "transfer" && (
        <BulkSheet
          name="resources"
          action={transfer}
          rows={[data]}
          rowName={(row) => row.name}
          rowId={(row) => row.id}
          onClose={() => setDialog(undefined)}
          // Whoever gave it away may not see it any more.
          onDone={() => void navigate({ to: "/resources" })}
        />
      )}
      <TaskDrawer />
    </>
  );
}

function AgentState({ device }: { device: NonNullable<Resource["device"]> }) {
  return device.dissociated ? (
    <State kind="association" value="dissociated" />
  ) : device.state === "approved" ? (
    <State kind="agent" value={device.active ? "active" : "inactive"} />
  ) : (
    <State kind="device" value={device.state} />
  );
}

function Agent({ resource }: { resource: Resource }) {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery);
  const { device } = resource;
  if (!device) {
    return (
      <Notice icon={<IconRobotOff size={40} stroke={1.3} />} title={t("pages.resources.noAgent")}>
        <Text c="dimmed">{t("pages.resources.noAgentExplain")}</Text>
        {may(me, "download_agent") && (
          <Button component={Link} to="/agents/keys" search={{ new: true } as never}>
            {t("pages.keys.add")}
          </Button>
        )}
      </Notice>
    );
  }
  return (
    <Stack align="flex-start">
      <Facts
        rows={[
          [
            t("pages.agents.activity"),
            <State key="activity" kind="agent" value={device.active ? "active" : "inactive"} />,
          ],
          [
            t("pages.agents.association"),
            <State
              key="association"
              kind="association"
              value={device.dissociated ? "dissociated" : "associated"}
            />,
          ],
          [t("pages.agents.approval"), <State key="state" kind="device" value={device.state} />],
          [t("pages.agents.lastSeen"), <Ago key="seen" value={device.last_seen_at} />],
          [
            t("common.id"),
            <Mono key="id" copy>
              {device.id}
            </Mono>,
          ],
        ]}
      />
      {may(me, "manage_devices") && (
        <Group>
          <Button
            component={Link}
            to="/devices"
            search={{ open: device.id } as never}
            variant="default"
          >
            {t("pages.keys.toDevices")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function About({ resource }: { resource: Resource }) {
  const { t } = useTranslation();
  const word = useWord();
  return (
    <Facts
      rows={[
        [t("pages.resources.platform"), word("platform", resource.platform)],
        [t("pages.resources.dns"), resource.dns_name ?? t("common.none")],
        [t("pages.resources.owner"), resource.owner.name],
        [t("pages.resources.policy"), resource.policy?.name ?? t("pages.resources.defaultPolicy")],
        [t("pages.resources.created"), <At key="created" value={resource.created_at} />],
        [
          t("common.id"),
          <Mono key="id" copy>
            {resource.id}
          </Mono>,
        ],
      ]}
    />
  );
}
