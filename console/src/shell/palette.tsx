//! The command palette: pages, objects and verbs.
import { useMantineColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Spotlight, type SpotlightActionGroupData, spotlight } from "@mantine/spotlight";
import {
  IconBookmark,
  IconFolders,
  IconKey,
  IconLanguage,
  IconLogout,
  IconMoonStars,
  IconPlus,
  IconRouter,
  IconSearch,
  IconServer2,
  IconUser,
} from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Me } from "../api/client";
import { views as viewsQuery } from "../api/queries";
import { changeLanguage, currentLanguage } from "../i18n";
import { normalise } from "../i18n/format";
import { readQuery } from "../table/view-query";
import { may, type PageLink } from "./nav";

export const openPalette = () => spotlight.open();

interface Props {
  me: Me;
  pages: PageLink[];
  onSignOut: () => void;
}

const FEW = 6;

export function Palette({ me, pages, onSignOut }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { setColorScheme } = useMantineColorScheme();
  const [typed, setTyped] = useState("");
  const [q] = useDebouncedValue(normalise(typed), 180);

  const matches = (text: string) => normalise(text).toLowerCase().includes(q.toLowerCase());
  const found = useQuery({
    queryKey: ["palette", q],
    enabled: q.length > 0,
    staleTime: 15_000,
    queryFn: async ({ signal }) => {
      const query = { q, limit: FEW };
      const [resources, accounts, users, groups, gateways, views] = await Promise.all([
        may(me, "view_resources")
          ? body(api.GET("/api/v1/resources", { params: { query }, signal }))
          : undefined,
        may(me, "view_resources")
          ? body(api.GET("/api/v1/accounts", { params: { query }, signal }))
          : undefined,
        may(me, "manage_users")
          ? body(api.GET("/api/v1/users", { params: { query }, signal }))
          : undefined,
        may(me, "view_resources")
          ? body(api.GET("/api/v1/resource-groups", { params: { query }, signal }))
          : undefined,
        may(me, "view_system")
          ? body(api.GET("/api/v1/gateways", { params: { query }, signal }))
          : undefined,
        client.ensureQueryData(viewsQuery),
      ]);
      return {
        resources: resources?.items ?? [],
        accounts: accounts?.items ?? [],
        users: users?.items ?? [],
        groups: groups?.items ?? [],
        gateways: gateways?.items ?? [],
        views: views.items.filter(({ name }) => matches(name)).slice(0, FEW),
      };
    },
  });

  const icon = { size: 20, stroke: 1.5 };
  const verbs = [
    may(me, "download_agent") && {
      id: "new-key",
      label: t("pages.keys.add"),
      leftSection: <IconPlus {...icon} />,
      onClick: () => void navigate({ to: "/agents/keys", search: { new: true } as never }),
    },
    may(me, "add_resources") && {
      id: "new-resource",
      label: t("pages.resources.add"),
      leftSection: <IconPlus {...icon} />,
      onClick: () => void navigate({ to: "/resources", search: { new: true } as never }),
    },
    may(me, "manage_groups") && {
      id: "new-group",
      label: t("pages.groups.add"),
      leftSection: <IconPlus {...icon} />,
      onClick: () => void navigate({ to: "/resources/groups", search: { new: true } as never }),
    },
    may(me, "manage_policies") && {
      id: "new-policy",
      label: t("pages.policies.add"),
      leftSection: <IconPlus {...icon} />,
      onClick: () => void navigate({ to: "/policies", search: { new: true } as never }),
    },
    may(me, "manage_server") && {
      id: "new-gateway",
      label: t("pages.gateways.add"),
      leftSection: <IconPlus {...icon} />,
      onClick: () => void navigate({ to: "/gateways", search: { new: true } as never }),
    },
    may(me, "manage_server") && {
      id: "new-office",
      label: t("pages.offices.add"),
      leftSection: <IconPlus {...icon} />,
      onClick: () => void navigate({ to: "/gateways/offices", search: { new: true } as never }),
    },
    may(me, "manage_users") && {
      id: "new-user-group",
      label: t("pages.userGroups.add"),
      leftSection: <IconPlus {...icon} />,
      onClick: () => void navigate({ to: "/users/groups", search: { new: true } as never }),
    },
    may(me, "manage_users") && {
      id: "new-user",
      label: t("pages.users.add"),
      leftSection: <IconPlus {...icon} />,
      onClick: () => void navigate({ to: "/users", search: { new: true } as never }),
    },
    ...(["auto", "light", "dark"] as const).map((scheme) => ({
      id: `theme-${scheme}`,
      label: `${t("shell.theme.label")}: ${t(`shell.theme.${scheme}`)}`,
      leftSection: <IconMoonStars {...icon} />,
      onClick: () => setColorScheme(scheme),
    })),
    ...(["ja", "en"] as const)
      .filter((language) => language !== currentLanguage())
      .map((language) => ({
        id: `language-${language}`,
        label: `${t("shell.language.label")}: ${t(`shell.language.${language}`)}`,
        leftSection: <IconLanguage {...icon} />,
        onClick: () => void changeLanguage(language),
      })),
    {
      id: "sign-out",
      label: t("shell.user.signOut"),
      leftSection: <IconLogout {...icon} />,
      onClick: onSignOut,
    },
  ].filter((verb) => verb !== false);

  const groups: SpotlightActionGroupData[] = [
    {
      group: t("shell.palette.resources"),
      actions: (found.data?.resources ?? []).map((resource) => ({
        id: resource.id,
        label: resource.name,
        description: resource.dns_name ?? undefined,
        leftSection: <IconServer2 {...icon} />,
        onClick: () => void navigate({ to: "/resources/$id", params: { id: resource.id } }),
      })),
    },
    {
      group: t("shell.palette.accounts"),
      actions: (found.data?.accounts ?? []).map((account) => ({
        id: account.id,
        label: account.name,
        description: account.resource.name,
        leftSection: <IconKey {...icon} />,
        onClick: () => void navigate({ to: "/accounts/$id", params: { id: account.id } }),
      })),
    },
    {
      group: t("shell.nav.groups"),
      actions: (found.data?.groups ?? []).map((group) => ({
        id: group.id,
        label: group.name,
        description: group.description || undefined,
        leftSection: <IconFolders {...icon} />,
        onClick: () => void navigate({ to: "/resources/groups/$id", params: { id: group.id } }),
      })),
    },
    {
      group: t("shell.nav.gateways"),
      actions: (found.data?.gateways ?? []).map((gateway) => ({
        id: gateway.id,
        label: gateway.name,
        description: gateway.address,
        leftSection: <IconRouter {...icon} />,
        onClick: () => void navigate({ to: "/gateways/$id", params: { id: gateway.id } }),
      })),
    },
    {
      group: t("pages.views.title"),
      actions: (found.data?.views ?? []).map((view) => ({
        id: view.id,
        label: view.name,
        leftSection: <IconBookmark {...icon} />,
        onClick: () => void navigate({ to: view.page, search: readQuery(view.query) } as never),
      })),
    },
    {
      group: t("shell.nav.users"),
      actions: (found.data?.users ?? []).map((user) => ({
        id: user.id,
        label: user.name,
        description: user.display_name,
        leftSection: <IconUser {...icon} />,
        onClick: () => void navigate({ to: "/users", search: { q: user.name } as never }),
      })),
    },
    {
      group: t("shell.palette.pages"),
      actions: pages
        .map((page) => ({ page, label: t(`shell.nav.${page.name}`) }))
        .filter(({ page, label }) => matches(label) || matches(page.name))
        .map(({ page, label }) => ({
          id: page.name,
          label,
          leftSection: <page.icon {...icon} />,
          onClick: () => void navigate({ to: page.to }),
        })),
    },
    { group: t("shell.palette.actions"), actions: verbs.filter((verb) => matches(verb.label)) },
  ].filter((group) => group.actions.length > 0);

  return (
    <Spotlight
      actions={groups}
      query={typed}
      onQueryChange={setTyped}
      // The groups above are filtered already, objects by the server.
      filter={(_, actions) => actions}
      nothingFound={found.isFetching ? t("shell.palette.searching") : t("shell.palette.nothing")}
      shortcut={["mod + K"]}
      scrollable
      maxHeight={420}
      highlightQuery
      searchProps={{
        leftSection: <IconSearch size={18} stroke={1.5} />,
        placeholder: t("shell.palette.placeholder"),
        "aria-label": t("shell.palette.placeholder"),
      }}
    />
  );
}
