import { Anchor, Button, Menu, Text } from "@mantine/core";
import { IconPencil, IconPlus, IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../../../../api/client";
import { me as meQuery } from "../../../../api/queries";
import { InstallLine } from "../../../../features/gateways/install-line";
import { OfficeForm } from "../../../../features/gateways/office-form";
import type { Office } from "../../../../features/gateways/queries";
import { GatewaysTabs } from "../../../../features/tabs";
import { number } from "../../../../i18n/format";
import { PageHead } from "../../../../parts/page";
import { Ago } from "../../../../parts/time";
import { may } from "../../../../shell/nav";
import { DataTable } from "../../../../table/data-table";
import { type PageSearch, readListSearch } from "../../../../table/search";
import { listTwin } from "../../../../table/twin";
import type { Column } from "../../../../table/types";

export const Route = createFileRoute("/_app/gateways/offices/")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, []),
  component: Offices,
});

function Offices() {
  const { t } = useTranslation();
  const search = useSearch({ strict: false }) as PageSearch;
  const navigate = useNavigate();
  const { data: me } = useQuery(meQuery);
  const [dialog, setDialog] = useState<{ what: "edit" | "line"; office: Office }>();
  const manages = may(me, "manage_server");
  const enrols = may(me, "download_agent");
  const columns = useMemo<Column<Office>[]>(
    () => [
      {
        id: "name",
        label: t("pages.offices.name"),
        sort: "name",
        primary: true,
        minWidth: 150,
        text: (row) => row.name,
        cell: (row) => (
          <Anchor
            component={Link}
            to="/gateways/offices/$id"
            params={{ id: row.id } as never}
            fw={550}
          >
            <bdi>{row.name}</bdi>
          </Anchor>
        ),
      },
      {
        id: "networks",
        label: t("pages.offices.networks"),
        wide: true,
        text: (row) => row.networks.join(" "),
        cell: (row) => (
          <Text size="sm" className="mono" lineClamp={2}>
            {row.networks.join(", ") || "–"}
          </Text>
        ),
      },
      {
        id: "gateways",
        label: t("pages.offices.gateways"),
        wide: true,
        text: (row) => row.gateways.map(({ name }) => name).join(" "),
        cell: (row) => (
          <bdi>
            {row.gateways.map(({ name }) => name).join(", ") || t("pages.offices.allGateways")}
          </bdi>
        ),
      },
      {
        id: "limits",
        label: t("pages.offices.limits"),
        wide: true,
        text: (row) => limitsText(t, row),
        cell: (row) => <Text size="sm">{limitsText(t, row)}</Text>,
      },
      {
        id: "remarks",
        label: t("pages.offices.remarks"),
        wide: true,
        hidden: true,
        text: (row) => row.remarks,
        cell: (row) => <bdi>{row.remarks}</bdi>,
      },
      {
        id: "created",
        label: t("pages.offices.since"),
        sort: "created_at",
        hidden: true,
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
    ],
    [t],
  );
  const showForm = (on: boolean) =>
    void navigate({
      to: ".",
      search: ((before: PageSearch) => ({ ...before, new: on || undefined })) as never,
      replace: true,
    });
  const add = manages && (
    <Button leftSection={<IconPlus size={17} aria-hidden="true" />} onClick={() => showForm(true)}>
      {t("pages.offices.add")}
    </Button>
  );
  const twin = listTwin("/offices", "sekisho offices list", { ...search });
  twin.commands.push(
    "sekisho offices add Osaka --network 198.51.100.0/24 --gateway dmz",
    "sekisho offices install-line Osaka --many",
  );
  return (
    <>
      <PageHead
        title={t("pages.offices.title")}
        about={t("pages.offices.about")}
        actions={add}
        twin={twin}
      />
      <GatewaysTabs at="/gateways/offices" />
      <DataTable<Office>
        name="offices"
        what={t("pages.offices.title")}
        columns={columns}
        read={(query, signal) =>
          body(api.GET("/api/v1/offices", { params: { query: query as never }, signal }))
        }
        rowId={(row) => row.id}
        {...(manages || enrols
          ? {
              rowVerbs: (row: Office) => (
                <>
                  {enrols && (
                    <Menu.Item
                      leftSection={<IconTerminal2 size={16} aria-hidden="true" />}
                      onClick={() => setDialog({ what: "line", office: row })}
                    >
                      {t("pages.offices.install.open")}
                    </Menu.Item>
                  )}
                  {manages && (
                    <Menu.Item
                      leftSection={<IconPencil size={16} aria-hidden="true" />}
                      onClick={() => setDialog({ what: "edit", office: row })}
                    >
                      {t("pages.offices.edit")}
                    </Menu.Item>
                  )}
                </>
              ),
            }
          : {})}
        onOpen={(row) => void navigate({ to: "/gateways/offices/$id", params: { id: row.id } })}
        empty={
          <>
            <Text c="dimmed" maw={620}>
              {t("pages.offices.empty")}
            </Text>
            {add}
          </>
        }
      />
      {search.new && manages && (
        <OfficeForm
          onClose={() => showForm(false)}
          onCreated={(office) =>
            void navigate({ to: "/gateways/offices/$id", params: { id: office.id } })
          }
        />
      )}
      {dialog?.what === "edit" && (
        <OfficeForm office={dialog.office} onClose={() => setDialog(undefined)} />
      )}
      {dialog?.what === "line" && (
        <InstallLine office={dialog.office} onClose={() => setDialog(undefined)} />
      )}
    </>
  );
}

const limitsText = (t: TFunction, { limits }: Office) =>
  t("pages.offices.limitsText", {
    connections: number(limits.connections),
    handshakes: number(limits.handshakes_per_s),
    enrolments: number(limits.enrolments_per_s),
  });
