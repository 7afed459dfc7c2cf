import { Anchor, Box, Button, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../../../api/client";
import { me as meQuery } from "../../../api/queries";
import { PairDialog } from "../../../features/gateways/pair-dialog";
import { type Gateway, TOLD_EVERY_MS } from "../../../features/gateways/queries";
import { problemCount, refusals, stateOf } from "../../../features/gateways/state";
import { DirectionSign, ProblemSign, StateSign } from "../../../features/gateways/state-sign";
import { GatewaysTabs } from "../../../features/tabs";
import { number } from "../../../i18n/format";
import { CopyBlock } from "../../../parts/copy";
import { PageHead } from "../../../parts/page";
import { Ago } from "../../../parts/time";
import { may } from "../../../shell/nav";
import { DataTable } from "../../../table/data-table";
import { GATEWAY_FILTERS } from "../../../table/filter-names";
import { type PageSearch, readListSearch } from "../../../table/search";
import { listTwin, option } from "../../../table/twin";
import type { Column, Filter } from "../../../table/types";

export const Route = createFileRoute("/_app/gateways/")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, GATEWAY_FILTERS),
  component: Gateways,
});

/** How a gateway comes to be: the package, its inner address, the string. */
const BEGIN = `sudo apt install ./sekisho-gateway_*.deb
sudoedit /etc/sekisho/gateway.toml  # listen.private = "10.0.1.5:8363"
sudo systemctl enable --now sekisho-gateway
sudo sekisho-gateway pair`;

function Gateways() {
  const { t } = useTranslation();
  // Not by the route itself: what is asked of it would be in the first load.
  const search = useSearch({ strict: false }) as PageSearch & { state?: string };
  const navigate = useNavigate();
  const { data: me } = useQuery(meQuery);
  const columns = useMemo<Column<Gateway>[]>(
    () => [
      {
        id: "name",
        label: t("pages.gateways.name"),
        sort: "name",
        primary: true,
        minWidth: 140,
        text: (row) => row.name,
        cell: (row) => (
          <Anchor component={Link} to="/gateways/$id" params={{ id: row.id } as never} fw={550}>
            <bdi>{row.name}</bdi>
          </Anchor>
        ),
      },
      {
        id: "state",
        label: t("pages.gateways.state"),
        text: (row) => t(`pages.gateways.states.${stateOf(row)}`),
        cell: (row) => <StateSign gateway={row} />,
      },
      {
        id: "problems",
        label: t("pages.gateways.problems"),
        text: (row) => String(problemCount(row)),
        cell: (row) => <ProblemSign gateway={row} />,
      },
      {
        id: "public",
        label: t("pages.gateways.publicAddress"),
        minWidth: 170,
        text: (row) => row.public.map(({ address }) => address).join(" "),
        cell: (row) => (
          <Text size="sm" className="mono">
            {row.public[0]?.address ?? "–"}
            {row.public.length > 1 && ` +${row.public.length - 1}`}
          </Text>
        ),
      },
      {
        id: "agents",
        label: t("pages.gateways.agents"),
        align: "right",
        text: (row) => String(now(row)?.connections ?? ""),
        cell: (row) => told(now(row)?.connections),
      },
      {
        id: "refused",
        label: t("pages.gateways.refused"),
        align: "right",
        text: (row) => String(now(row) ? refusals(now(row)?.refused ?? []).all : ""),
        cell: (row) => told(now(row) && refusals(now(row)?.refused ?? []).all),
      },
      {
        id: "version",
        label: t("pages.gateways.version"),
        text: (row) => row.software,
        cell: (row) => row.software,
      },
      {
        id: "link",
        label: t("pages.gateways.link"),
        text: (row) => row.direction,
        cell: (row) => <DirectionSign gateway={row} />,
      },
      {
        id: "certificate",
        label: t("pages.gateways.certificateEnd"),
        text: (row) => row.status?.certificate?.not_after ?? "",
        cell: (row) => <Ago value={row.status?.certificate?.not_after} none="–" />,
      },
      {
        id: "seen",
        label: t("pages.gateways.lastContact"),
        sort: "last_contact_at",
        text: (row) => row.last_contact_at ?? "",
        cell: (row) => <Ago value={row.last_contact_at} />,
      },
      {
        id: "address",
        label: t("pages.gateways.address"),
        hidden: true,
        text: (row) => row.address,
        cell: (row) => (
          <Text size="sm" className="mono">
            {row.address}
          </Text>
        ),
      },
      {
        id: "paired",
        label: t("pages.gateways.pairedAt"),
        sort: "paired_at",
        hidden: true,
        text: (row) => row.paired_at,
        cell: (row) => <Ago value={row.paired_at} />,
      },
    ],
    [t],
  );
  const filters = useMemo<Filter[]>(
    () => [
      {
        id: "state",
        label: t("pages.gateways.filterState"),
        options: [
          { value: "active", label: t("pages.gateways.active") },
          { value: "revoked", label: t("pages.gateways.states.revoked") },
        ],
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
  const manages = may(me, "manage_server");
  const add = manages && (
    <Button leftSection={<IconPlus size={17} aria-hidden="true" />} onClick={() => showForm(true)}>
      {t("pages.gateways.add")}
    </Button>
  );
  const twin = listTwin(
    "/gateways",
    "sekisho gateways list",
    { ...search },
    {
      state: option("--state", search.state),
    },
  );
  twin.commands.push(
    "sekisho gateways pair dmz --pairing-file pairing.txt --check",
    "sekisho gateways pair dmz --pairing-file pairing.txt",
  );
  return (
    <>
      <PageHead
        title={t("pages.gateways.title")}
        about={t("pages.gateways.about")}
        actions={add}
        twin={twin}
      />
      <GatewaysTabs at="/gateways" />
      <DataTable<Gateway>
        name="gateways"
        what={t("pages.gateways.title")}
        columns={columns}
        filters={filters}
        read={(query, signal) =>
          body(api.GET("/api/v1/gateways", { params: { query: query as never }, signal }))
        }
        refreshEvery={TOLD_EVERY_MS}
        rowId={(row) => row.id}
        onOpen={(row) => void navigate({ to: "/gateways/$id", params: { id: row.id } })}
        empty={
          <>
            <Text c="dimmed" maw={620}>
              {t("pages.gateways.empty")}
            </Text>
            {manages && (
              <>
                <Text c="dimmed" maw={620}>
                  {t("pages.gateways.emptySteps")}
                </Text>
                <Box ta="start" maw="100%">
                  <CopyBlock value={BEGIN} />
                </Box>
                {add}
              </>
            )}
          </>
        }
      />
      {search.new && manages && <PairDialog onClose={() => showForm(false)} />}
    </>
  );
}

/** What holds now: what a gateway said before it was lost does not. */
const now = (row: Gateway) => (row.connected ? row.status : undefined);
const told = (value: number | null | undefined) => (value == null ? "–" : number(value));
