//! Accounts as a list: of everything, or of one resource.
import { ActionIcon, Anchor, Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconCircleCheck, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Account, api, body, type Me } from "../../api/client";
import { policies as policiesQuery } from "../../api/queries";
import { Ago } from "../../parts/time";
import { State, useWord } from "../../parts/words";
import { may } from "../../shell/nav";
import { DataTable } from "../../table/data-table";
import type { Column, Filter, RowAction } from "../../table/types";
import { wordFilter } from "../../table/word-filter";
import { giveOrder } from "./order-dialog";
import { isReachable, useAccountVerbs } from "./use-account-verbs";

const KNOWLEDGE = ["known", "unverified", "unknown", "out_of_sync", "indeterminate"];

/** No account yet: what one can do about it. */
function NoAccounts({ me, resource }: { me: Me | undefined; resource?: string }) {
  const { t } = useTranslation();
  return (
    <Stack align="center" gap="sm">
      <Text c="dimmed">{t("pages.accounts.empty")}</Text>
      {!resource && (
        <Group justify="center">
          {may(me, "download_agent") && (
            <Button component={Link} to="/first-run" search={{ step: "agent" } as never}>
              {t("pages.accounts.connectAgent")}
            </Button>
          )}
          {may(me, "edit_resources") && (
            <Button component={Link} to="/resources" variant="default">
              {t("pages.accounts.addByHand")}
            </Button>
          )}
        </Group>
      )}
    </Stack>
  );
}

export function AccountList({ resource }: { resource?: string }) {
  const { t } = useTranslation();
  const word = useWord();
  const navigate = useNavigate();
  const verbs = useAccountVerbs();
  const { offered, start } = verbs;

  const columns = useMemo<Column<Account>[]>(() => {
    const all: (Column<Account> | false)[] = [
      {
        id: "name",
        label: t("pages.accounts.account"),
        sort: "name",
        primary: true,
        text: (row) => `${row.resource.name}/${row.name}`,
        cell: (row) => (
          <Anchor component={Link} to="/accounts/$id" params={{ id: row.id } as never} fw={550}>
            <bdi>{row.name}</bdi>
          </Anchor>
        ),
      },
      !resource && {
        id: "resource",
        label: t("pages.accounts.resource"),
        text: (row) => row.resource.name,
        cell: (row) => (
          <Anchor
            component={Link}
            to="/resources/$id"
            params={{ id: row.resource.id } as never}
            c="inherit"
          >
            <bdi>{row.resource.name}</bdi>
          </Anchor>
        ),
      },
      {
        id: "state",
        label: t("pages.accounts.state"),
        text: (row) => word("knowledge", row.knowledge),
        cell: (row) => (
          <Group gap={6}>
            <State
              kind="knowledge"
              value={row.knowledge}
              help={word("knowledgeHelp", row.knowledge)}
            />
            {row.presence === "gone" && <State kind="presence" value="gone" />}
            {row.open_order && <State kind="order" value={row.open_order.state} />}
          </Group>
        ),
      },
      {
        id: "use",
        buttons: true,
        label: t("pages.accounts.password"),
        text: () => "",
        cell: (row) => (
          <Group gap={2} wrap="nowrap">
            {offered(row)
              .filter(({ verb }) => verb === "show" || verb === "copy")
              .map(({ verb, label, icon }) => (
                <Tooltip key={verb} label={label}>
                  <ActionIcon
                    variant="subtle"
                    aria-label={`${label}: ${row.name}`}
                    onClick={() => start(verb, row)}
                  >
                    {icon}
                  </ActionIcon>
                </Tooltip>
              ))}
          </Group>
        ),
      },
      {
        id: "verified",
        label: t("pages.accounts.verified"),
        sort: "last_verified_at",
        text: (row) => row.last_verify?.at ?? "",
        cell: (row) =>
          row.last_verify ? (
            <Group gap={6}>
              <State kind="verify" value={row.last_verify.result} />
              <Text size="sm" span c="dimmed">
                <Ago value={row.last_verify.at} />
              </Text>
            </Group>
          ) : (
            <Ago value={null} />
          ),
      },
      {
        id: "since",
        label: t("pages.accounts.since"),
        text: (row) => row.current?.since ?? "",
        cell: (row) => <Ago value={row.current?.since} />,
      },
      {
        id: "due",
        label: t("pages.accounts.due"),
        text: (row) => row.rotation.due_at ?? "",
        cell: (row) => (
          <Ago value={row.rotation.due_at} none={word("rotation", row.rotation.state)} />
        ),
      },
      {
        id: "policy",
        label: t("pages.accounts.policy"),
        hidden: true,
        text: (row) => row.policy?.name ?? "",
        cell: (row) =>
          row.policy?.name ?? (
            <Text c="dimmed" size="sm">
              {t("pages.accounts.inherited")}
            </Text>
          ),
      },
      {
        id: "field",
        label: t("pages.accounts.field"),
        hidden: true,
        text: (row) => word("passwordField", row.password_field),
        cell: (row) => word("passwordField", row.password_field),
      },
      {
        id: "native",
        label: t("pages.accounts.nativeId"),
        hidden: true,
        text: (row) => row.native_id ?? "",
        cell: (row) => row.native_id ?? "",
      },
      {
        id: "source",
        label: t("pages.accounts.source"),
        hidden: true,
        text: (row) => word("source", row.source),
        cell: (row) => word("source", row.source),
      },
    ];
    return all.filter((column) => column !== false);
  }, [t, word, resource, offered, start]);

  const policies = useQuery(policiesQuery);
  const filters = useMemo<Filter[]>(
    () => [
      {
        id: "presence",
        label: t("pages.accounts.presence"),
        options: [
          { value: "gone", label: word("presence", "gone") },
          { value: "all", label: `${word("presence", "present")} + ${word("presence", "gone")}` },
        ],
      },
      wordFilter(word, "knowledge", t("pages.accounts.state"), "knowledge", KNOWLEDGE),
      {
        id: "policy",
        label: t("pages.accounts.policy"),
        options: (policies.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
      },
    ],
    [t, word, policies.data],
  );

  const actions: RowAction<Account>[] = [];
  if (may(verbs.me, "verify_passwords")) {
    actions.push({
      id: "verify",
      label: t("pages.accounts.verify"),
      icon: <IconCircleCheck size={16} aria-hidden="true" />,
      explain: t("pages.accounts.verifyExplain"),
      applies: (row) => isReachable(row) && row.knowledge !== "unknown",
      otherwise: t("words.knowledge.unknown"),
      reason: "optional",
      run: (row, { reason }) => giveOrder("verify", row.id, reason),
    });
  }
  if (may(verbs.me, "change_passwords")) {
    actions.push({
      id: "reset",
      label: t("pages.accounts.reset"),
      icon: <IconRefresh size={16} aria-hidden="true" />,
      explain: t("pages.accounts.resetExplain"),
      applies: isReachable,
      otherwise: t("pages.accounts.skipDirectory"),
      reason: "optional",
      run: (row, { reason }) => giveOrder("reset", row.id, reason),
    });
  }

  return (
    <>
      <DataTable<Account>
        name="accounts"
        what={t("pages.accounts.title")}
        columns={columns}
        filters={filters}
        {...(resource ? { fixed: { resource } } : {})}
        read={(query, signal) =>
          body(api.GET("/api/v1/accounts", { params: { query: query as never }, signal }))
        }
        csv="/accounts.csv"
        rowId={(row) => row.id}
        actions={actions}
        rowVerbs={verbs.menu}
        onOpen={(row) => void navigate({ to: "/accounts/$id", params: { id: row.id } })}
        empty={<NoAccounts me={verbs.me} {...(resource ? { resource } : {})} />}
      />
      {verbs.dialog}
    </>
  );
}
