import { Anchor, Badge, Button, Group, Menu, Text, UnstyledButton } from "@mantine/core";
import { IconKey, IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, etag, type Policy } from "../../api/client";
import { me as meQuery } from "../../api/queries";
import { PolicyForm } from "../../features/policies/policy-form";
import { classesText, rulesOf } from "../../features/policies/rules";
import { ageOf, ageText } from "../../parts/age";
import { PageHead } from "../../parts/page";
import { Ago } from "../../parts/time";
import { may } from "../../shell/nav";
import { DataTable } from "../../table/data-table";
import { readListSearch } from "../../table/search";
import { listTwin, option } from "../../table/twin";
import type { Column, RowAction } from "../../table/types";

export const Route = createFileRoute("/_app/policies")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, []),
  component: Policies,
});

function Policies() {
  const { t } = useTranslation();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const { data: me } = useQuery(meQuery);
  const [edited, setEdited] = useState<Policy>();
  const manages = may(me, "manage_policies");
  const columns = useMemo<Column<Policy>[]>(
    () => [
      {
        id: "name",
        label: t("pages.policies.name"),
        sort: "name",
        primary: true,
        minWidth: 150,
        text: (row) => row.name,
        cell: (row) => (
          <Group gap={6}>
            {manages ? (
              <UnstyledButton onClick={() => setEdited(row)}>
                <Text fw={550} c="var(--mantine-color-anchor)" size="sm">
                  <bdi>{row.name}</bdi>
                </Text>
              </UnstyledButton>
            ) : (
              <Text fw={550} size="sm">
                <bdi>{row.name}</bdi>
              </Text>
            )}
            {row.is_default && (
              <Badge className="state state-good">{t("pages.policies.default")}</Badge>
            )}
          </Group>
        ),
      },
      {
        id: "length",
        label: t("pages.policies.length"),
        align: "right",
        text: (row) => String(rulesOf(row).length),
        cell: (row) => rulesOf(row).length,
      },
      {
        id: "classes",
        label: t("pages.policies.characters"),
        wide: true,
        text: (row) => classesText(t, rulesOf(row)),
        cell: (row) => <Text size="sm">{classesText(t, rulesOf(row))}</Text>,
      },
      {
        id: "excluded",
        label: t("pages.policies.excluded"),
        hidden: true,
        text: (row) => rulesOf(row).excluded,
        cell: (row) => <span className="mono">{rulesOf(row).excluded || "–"}</span>,
      },
      {
        id: "history",
        label: t("pages.policies.history"),
        align: "right",
        hidden: true,
        text: (row) => String(rulesOf(row).history),
        cell: (row) => rulesOf(row).history,
      },
      {
        id: "age",
        label: t("pages.policies.maxAge"),
        text: (row) => ageText(t, ageOf(row.rotation.max_age_days), ""),
        cell: (row) => ageText(t, ageOf(row.rotation.max_age_days), t("pages.policies.noAge")),
      },
      {
        id: "verify",
        label: t("pages.policies.verifyEvery"),
        text: (row) => ageText(t, ageOf(row.rotation.verify_every_days), ""),
        cell: (row) => ageText(t, ageOf(row.rotation.verify_every_days), "–"),
      },
      {
        id: "created",
        label: t("pages.policies.since"),
        sort: "created_at",
        hidden: true,
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
    ],
    [t, manages],
  );
  const actions: RowAction<Policy>[] = manages
    ? [
        {
          id: "delete",
          label: t("pages.policies.delete"),
          icon: <IconTrash size={16} aria-hidden="true" />,
          danger: true,
          explain: t("pages.policies.deleteExplain"),
          applies: (row) => !row.is_default,
          otherwise: t("pages.policies.default"),
          run: (row) =>
            api.DELETE("/api/v1/password-policies/{id}", {
              params: { path: { id: row.id }, header: { "If-Match": etag(row) } },
            }),
        },
      ]
    : [];
  const showForm = (on: boolean) =>
    void navigate({
      search: (now) => ({ ...now, new: on ? (true as const) : undefined }),
      replace: true,
    });
  const add = manages && (
    <Button leftSection={<IconPlus size={17} aria-hidden="true" />} onClick={() => showForm(true)}>
      {t("pages.policies.add")}
    </Button>
  );
  const twin = listTwin("/password-policies", "sekisho policies list", search, {
    q: option("--search", search.q),
  });
  twin.commands.push(
    "sekisho policies show Default",
    "sekisho policies create strong --length 32",
    "sekisho policies set-rotation strong --max-age 90",
  );
  return (
    <>
      <PageHead
        title={t("pages.policies.title")}
        about={t("pages.policies.about")}
        actions={add}
        twin={twin}
      />
      <DataTable<Policy>
        name="policies"
        what={t("pages.policies.title")}
        columns={columns}
        read={(query, signal) =>
          body(api.GET("/api/v1/password-policies", { params: { query: query as never }, signal }))
        }
        rowId={(row) => row.id}
        actions={actions}
        rowVerbs={(row, run) => (
          <>
            {manages && (
              <Menu.Item
                leftSection={<IconPencil size={16} aria-hidden="true" />}
                onClick={() => setEdited(row)}
              >
                {t("pages.policies.edit")}
              </Menu.Item>
            )}
            <Menu.Item
              component={Link}
              to="/accounts"
              search={{ policy: row.id } as never}
              leftSection={<IconKey size={16} aria-hidden="true" />}
            >
              {t("pages.policies.accounts")}
            </Menu.Item>
            {run}
          </>
        )}
        empty={
          <>
            <Text c="dimmed">{t("pages.policies.empty")}</Text>
            {add}
          </>
        }
      />
      <Text size="sm" c="dimmed" mt="md">
        {t("pages.policies.which")}{" "}
        <Anchor component={Link} to="/resources/groups" size="sm" underline="always">
          {t("pages.groups.title")}
        </Anchor>
      </Text>
      {search.new && <PolicyForm onClose={() => showForm(false)} />}
      {edited && <PolicyForm policy={edited} onClose={() => setEdited(undefined)} />}
    </>
  );
}
