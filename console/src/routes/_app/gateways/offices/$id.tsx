import { ActionIcon, Anchor, Button, Menu, Stack } from "@mantine/core";
import { IconDotsVertical, IconPencil, IconTerminal2, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, etag } from "../../../../api/client";
import { me as meQuery } from "../../../../api/queries";
import { AuditList } from "../../../../features/audit/audit-list";
import { InstallLine } from "../../../../features/gateways/install-line";
import { OfficeForm } from "../../../../features/gateways/office-form";
import { OfficeKeys } from "../../../../features/gateways/office-keys";
import { type Office, office as officeQuery } from "../../../../features/gateways/queries";
import { number } from "../../../../i18n/format";
import { Mono } from "../../../../parts/copy";
import { DeleteNamed } from "../../../../parts/delete-named";
import { Facts } from "../../../../parts/facts";
import { PageHead } from "../../../../parts/page";
import { Loading, LoadProblem } from "../../../../parts/problem";
import { PageTabs } from "../../../../parts/tabs";
import { At } from "../../../../parts/time";
import { may } from "../../../../shell/nav";
import { quote } from "../../../../shell/twin";
import { AUDIT_FILTERS } from "../../../../table/filter-names";
import { readListSearch } from "../../../../table/search";

export const Route = createFileRoute("/_app/gateways/offices/$id")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, AUDIT_FILTERS),
  component: OfficePage,
});

function OfficePage() {
  const { t } = useTranslation();
  const { id = "" } = useParams({ strict: false });
  const navigate = useNavigate();
  const { data: me } = useQuery(meQuery);
  const { data, error, refetch } = useQuery(officeQuery(id));
  const [dialog, setDialog] = useState<"edit" | "delete" | "line">();
  if (error && !data) return <LoadProblem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  const name = quote(data.name);
  const close = () => setDialog(undefined);
  return (
    <>
      <PageHead
        title={data.name}
        above={
          <Anchor component={Link} to="/gateways/offices" size="sm">
            {t("pages.offices.title")}
          </Anchor>
        }
        actions={
          <>
            {may(me, "download_agent") && (
              <Button
                leftSection={<IconTerminal2 size={17} aria-hidden="true" />}
                onClick={() => setDialog("line")}
              >
                {t("pages.offices.install.open")}
              </Button>
            )}
            {may(me, "manage_server") && (
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
                      {t("pages.offices.delete")}
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              </>
            )}
          </>
        }
        twin={{
          requests: [
            { method: "GET", path: `/offices/${id}` },
            { method: "GET", path: `/enrolment-keys?office=${id}` },
            { method: "POST", path: `/offices/${id}/install-line`, body: { use: "once" } },
            { method: "DELETE", path: `/offices/${id}`, version: data.version },
          ],
          commands: [
            `sekisho offices show ${name}`,
            `sekisho offices install-line ${name} --many`,
            `sekisho offices delete ${name}`,
          ],
        }}
      />
      <PageTabs
        label={data.name}
        tabs={[
          {
            id: "about",
            label: t("pages.offices.tabs.about"),
            content: () => <About office={data} />,
          },
          ...(may(me, "download_agent")
            ? [
                {
                  id: "keys",
                  label: t("pages.offices.tabs.keys"),
                  content: () => <OfficeKeys office={id} />,
                },
              ]
            : []),
          ...(may(me, "view_audit")
            ? [
                {
                  id: "audit",
                  label: t("pages.offices.tabs.audit"),
                  content: () => <AuditList about={{ q: id }} />,
                },
              ]
            : []),
        ]}
      />
      {dialog === "edit" && <OfficeForm office={data} onClose={close} />}
      {dialog === "line" && <InstallLine office={data} onClose={close} />}
      {dialog === "delete" && (
        <DeleteNamed
          title={t("pages.offices.delete")}
          explain={t("pages.offices.deleteExplain")}
          name={data.name}
          remove={() =>
            api.DELETE("/api/v1/offices/{id}", {
              params: { path: { id }, header: { "If-Match": etag(data) } },
            })
          }
          touches={[["offices", "list"]]}
          onClose={close}
          onDeleted={() => void navigate({ to: "/gateways/offices" })}
        />
      )}
    </>
  );
}

function About({ office }: { office: Office }) {
  const { t } = useTranslation();
  return (
    <Facts
      rows={[
        [
          t("pages.offices.networks"),
          office.networks.length > 0 ? (
            <Stack key="networks" gap={2}>
              {office.networks.map((network) => (
                <Mono key={network}>{network}</Mono>
              ))}
            </Stack>
          ) : (
            t("common.none")
          ),
        ],
        [
          t("pages.offices.gateways"),
          office.gateways.length > 0 ? (
            <Stack key="gateways" gap={2}>
              {office.gateways.map((one) => (
                <Anchor
                  key={one.id}
                  component={Link}
                  to="/gateways/$id"
                  params={{ id: one.id } as never}
                  inherit
                >
                  <bdi>{one.name}</bdi>
                </Anchor>
              ))}
            </Stack>
          ) : (
            t("pages.offices.allGateways")
          ),
        ],
        [t("pages.offices.connections"), number(office.limits.connections)],
        [t("pages.offices.handshakes"), number(office.limits.handshakes_per_s)],
        [t("pages.offices.enrolments"), number(office.limits.enrolments_per_s)],
        [t("pages.offices.remarks"), <bdi key="remarks">{office.remarks || t("common.none")}</bdi>],
        [t("pages.offices.since"), <At key="since" value={office.created_at} />],
        [
          t("common.id"),
          <Mono key="id" copy>
            {office.id}
          </Mono>,
        ],
      ]}
    />
  );
}
