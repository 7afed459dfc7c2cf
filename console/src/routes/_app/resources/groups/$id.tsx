import { ActionIcon, Anchor, Button, Menu, Stack, Text } from "@mantine/core";
import { IconDotsVertical, IconPencil, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, etag, type Group } from "../../../../api/client";
import { group as groupQuery, me as meQuery } from "../../../../api/queries";
import { AuditList } from "../../../../features/audit/audit-list";
import { criteriaText } from "../../../../features/groups/criteria";
import { CriteriaPreview } from "../../../../features/groups/criteria-preview";
import { GroupForm } from "../../../../features/groups/group-form";
import { InnerGroups } from "../../../../features/groups/inner-groups";
import { Members } from "../../../../features/groups/members";
import { ShareList } from "../../../../features/sharing/share-list";
import { ageOf, ageText } from "../../../../parts/age";
import { Mono } from "../../../../parts/copy";
import { DeleteNamed } from "../../../../parts/delete-named";
import { Facts } from "../../../../parts/facts";
import { PageHead } from "../../../../parts/page";
import { Loading, LoadProblem, Notice } from "../../../../parts/problem";
import { PageTabs } from "../../../../parts/tabs";
import { At } from "../../../../parts/time";
import { useWord } from "../../../../parts/words";
import { may } from "../../../../shell/nav";
import { quote } from "../../../../shell/twin";
import { AUDIT_FILTERS, GROUP_MEMBER_FILTERS } from "../../../../table/filter-names";
import { readListSearch } from "../../../../table/search";

export const Route = createFileRoute("/_app/resources/groups/$id")({
  validateSearch: (search: Record<string, unknown>) =>
    readListSearch(search, [...GROUP_MEMBER_FILTERS, ...AUDIT_FILTERS]),
  component: GroupPage,
});

function GroupPage() {
  const { t } = useTranslation();
  const { id } = Route.useParams();
  const navigate = Route.useNavigate();
  const { data: me } = useQuery(meQuery);
  const { data, error, refetch } = useQuery(groupQuery(id));
  const [dialog, setDialog] = useState<"edit" | "delete">();
  if (error && !data) return <LoadProblem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  const owns = data.owner.id === me?.user.id || may(me, "see_everything");
  const edits = owns && may(me, "manage_groups");
  const name = quote(data.name);
  return (
    <>
      <PageHead
        title={data.name}
        {...(data.description ? { about: data.description } : {})}
        above={
          <Anchor component={Link} to="/resources/groups" size="sm">
            {t("pages.groups.title")}
          </Anchor>
        }
        actions={
          edits && (
            <>
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
                    color="red"
                    leftSection={<IconTrash size={16} aria-hidden="true" />}
                    onClick={() => setDialog("delete")}
                  >
                    {t("pages.groups.delete")}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </>
          )
        }
        twin={{
          requests: [
            { method: "GET", path: `/resource-groups/${id}` },
            { method: "GET", path: `/resources?group=${id}` },
            { method: "PUT", path: `/resource-groups/${id}/resources/RESOURCE_ID` },
            { method: "PUT", path: `/resource-groups/${id}/groups/GROUP_ID` },
            { method: "GET", path: `/resource-groups/${id}/shares` },
          ],
          commands: [
            `sekisho groups show ${name}`,
            `sekisho groups add ${name} RESOURCE`,
            `sekisho groups nest ${name} GROUP`,
            `sekisho groups edit ${name} --rule 'name contains web'`,
            `sekisho shares list --group ${name}`,
          ],
        }}
      />
      <PageTabs
        label={data.name}
        tabs={[
          {
            id: "resources",
            label: `${t("pages.resources.title")} (${data.resources})`,
            content: () => <Members group={data} edits={edits} />,
          },
          {
            id: "criteria",
            label: t("pages.groups.criteria.title"),
            content: () => <CriteriaTab group={data} mine={data.owner.id === me?.user.id} />,
          },
          {
            id: "inner",
            label: `${t("pages.groups.inner")} (${data.inner.length})`,
            content: () => <InnerGroups group={data} edits={edits} />,
          },
          ...(owns && may(me, "share")
            ? [
                {
                  id: "shares",
                  label: t("pages.resources.tabs.shares"),
                  content: () => <ShareList kind="resource-groups" id={id} />,
                },
              ]
            : []),
          {
            id: "about",
            label: t("pages.resources.tabs.about"),
            content: () => <About group={data} />,
          },
          ...(may(me, "view_audit")
            ? [
                {
                  id: "audit",
                  label: t("pages.resources.tabs.audit"),
                  content: () => <AuditList about={{ q: id }} />,
                },
              ]
            : []),
        ]}
      />
      {dialog === "edit" && <GroupForm group={data} onClose={() => setDialog(undefined)} />}
      {dialog === "delete" && (
        <DeleteNamed
          title={t("pages.groups.delete")}
          explain={t("pages.groups.deleteExplain")}
          name={data.name}
          remove={() =>
            api.DELETE("/api/v1/resource-groups/{id}", {
              params: { path: { id }, header: { "If-Match": etag(data) } },
            })
          }
          touches={[
            ["groups", "list"],
            ["groups", "all"],
          ]}
          onClose={() => setDialog(undefined)}
          onDeleted={() => void navigate({ to: "/resources/groups" })}
        />
      )}
    </>
  );
}

/** What it takes in by itself. */
function CriteriaTab({ group, mine }: { group: Group; mine: boolean }) {
  const { t } = useTranslation();
  const word = useWord();
  if (!group.criteria) {
    return (
      <Notice icon={null} title={t("pages.groups.byHand")}>
        <Text c="dimmed">{t("pages.groups.criteria.none")}</Text>
      </Notice>
    );
  }
  return (
    <Stack>
      <Facts
        rows={[
          [
            t("pages.groups.criteria.title"),
            <bdi key="criteria">{criteriaText(t, word, group.criteria)}</bdi>,
          ],
        ]}
      />
      {/* The server previews over what the caller owns. */}
      {mine ? (
        <CriteriaPreview criteria={group.criteria} />
      ) : (
        <Text size="sm" c="dimmed">
          {t("pages.groups.criteria.ofOwner", { name: group.owner.name })}
        </Text>
      )}
    </Stack>
  );
}

function About({ group }: { group: Group }) {
  const { t } = useTranslation();
  return (
    <Facts
      rows={[
        [t("pages.groups.description"), group.description || t("common.none")],
        [t("pages.resources.owner"), <bdi key="owner">{group.owner.name}</bdi>],
        [
          t("pages.groups.maxAge"),
          ageText(t, ageOf(group.max_age_days), t("pages.groups.maxAgeNothing")),
        ],
        [t("pages.groups.since"), <At key="created" value={group.created_at} />],
        [
          t("common.id"),
          <Mono key="id" copy>
            {group.id}
          </Mono>,
        ],
      ]}
    />
  );
}
