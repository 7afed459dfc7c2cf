//! The frame around every page: rail, top bar, footer.
import {
  Anchor,
  AppShell,
  Badge,
  Box,
  Burger,
  Button,
  Group,
  Kbd,
  NavLink,
  ScrollArea,
  Text,
  VisuallyHidden,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Me } from "../api/client";
import { lookAgain, useLive } from "../api/live";
import { publicSystem } from "../api/queries";
import { watchSession } from "../api/session";
import { allTexts } from "../i18n";
import icon from "../icon.svg";
import { Banners } from "./banners";
import { Bell } from "./bell";
import { Keys } from "./keys";
import { UserMenu } from "./menu";
import { MANAGE, ME, may, type PageLink, visible, WORK } from "./nav";
import { usePreferenceSync } from "./preference-sync";
import { ProofDialog } from "./proof-dialog";
import { SessionDialog } from "./session-dialog";
import { TwinButton, TwinProvider } from "./twin";

// Comes after the first paint: it is not part of the first load.
const palette = async () => {
  await allTexts();
  return await import("./palette");
};
const Palette = lazy(async () => ({ default: (await palette()).Palette }));
const openPalette = () => void palette().then((module) => module.openPalette());

export function Frame({ me }: { me: Me }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [open, { toggle, close }] = useDisclosure(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const pages = useMemo(() => [...visible(me, WORK), ...visible(me, MANAGE), ME], [me]);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    setPainted(true);
    // For the next page.
    void allTexts().catch(() => undefined);
  }, []);

  useEffect(() => {
    watchSession(true);
    return () => watchSession(false);
  }, []);
  useLive(client);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page, a new start
  useEffect(() => {
    close();
    // Who cannot see the page change hears it: the focus goes to the content.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [path]);

  usePreferenceSync();

  const signOut = async () => {
    watchSession(false);
    await api.DELETE("/api/v1/session").catch(() => undefined);
    client.clear();
    await navigate({ to: "/login" });
  };

  return (
    <TwinProvider>
      <a href="#content" className="skip-link">
        {t("shell.skip")}
      </a>
      <AppShell
        header={{ height: 52 }}
        navbar={{ width: 232, breakpoint: "md", collapsed: { mobile: !open } }}
        padding={{ base: "sm", sm: "lg" }}
      >
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger
                opened={open}
                onClick={toggle}
                hiddenFrom="md"
                size="sm"
                aria-label={open ? t("shell.nav.close") : t("shell.nav.open")}
              />
              <Anchor component={Link} to="/" underline="never" c="inherit">
                <Group gap={8} wrap="nowrap">
                  <img src={icon} alt="" width={26} height={26} />
                  <Text fw={700} size="lg" lh={1}>
                    {t("shell.product")}
                  </Text>
                </Group>
              </Anchor>
            </Group>
            <Group gap="xs" wrap="nowrap">
              <Button
                variant="default"
                size="compact-md"
                fw={400}
                onClick={openPalette}
                leftSection={<IconSearch size={15} aria-hidden="true" />}
                rightSection={
                  <Kbd size="xs" visibleFrom="sm">
                    Ctrl K
                  </Kbd>
                }
                aria-keyshortcuts="Control+K Meta+K"
              >
                <Text span size="sm" visibleFrom="sm" c="dimmed">
                  {t("shell.palette.open")}
                </Text>
                <VisuallyHidden hiddenFrom="sm">{t("shell.palette.open")}</VisuallyHidden>
              </Button>
              <TwinButton />
              {may(me, "view_resources") && <Bell />}
              <UserMenu me={me} onSignOut={() => void signOut()} />
            </Group>
          </Group>
        </AppShell.Header>

        <AppShell.Navbar aria-label={t("shell.nav.label")} p="xs">
          <AppShell.Section grow component={ScrollArea}>
            <Rail title={t("shell.nav.work")} pages={visible(me, WORK)} path={path} me={me} />
            <Rail title={t("shell.nav.manage")} pages={visible(me, MANAGE)} path={path} me={me} />
          </AppShell.Section>
        </AppShell.Navbar>

        <AppShell.Main id="content" ref={main} tabIndex={-1} style={{ outline: "none" }}>
          <Box className="page" mih="calc(100dvh - 150px)">
            <Banners seesSystem={may(me, "view_system")} />
            <Outlet />
          </Box>
          <Footer />
        </AppShell.Main>
      </AppShell>
      {painted && (
        <Suspense>
          <Palette me={me} pages={pages} onSignOut={() => void signOut()} />
        </Suspense>
      )}
      <Keys pages={pages} />
      <SessionDialog name={me.user.name} />
      <ProofDialog />
    </TwinProvider>
  );
}

interface RailProps {
  title: string;
  pages: PageLink[];
  path: string;
  me: Me;
}

function Rail({ title, pages, path, me }: RailProps) {
  const { t } = useTranslation();
  const shown = pages.filter((page) => !page.hidden);
  if (shown.length === 0) return null;
  return (
    <Box mb="md" component="section" aria-label={title}>
      <Text size="xs" fw={600} c="dimmed" px="sm" mb={4}>
        {title}
      </Text>
      {shown.map((page) => {
        const active = page.to === "/" ? path === "/" : path.startsWith(page.to);
        return (
          <NavLink
            key={page.name}
            component={Link}
            to={page.to}
            className="rail-link"
            label={t(`shell.nav.${page.name}`)}
            leftSection={<page.icon size={18} stroke={1.6} aria-hidden="true" />}
            rightSection={page.name === "devices" ? <PendingDevices me={me} /> : undefined}
            active={active}
            aria-current={active ? "page" : undefined}
            style={{ borderRadius: "var(--mantine-radius-md)" }}
          />
        );
      })}
    </Box>
  );
}

/** Devices that wait for approval: the one counter of the rail, because it is to be acted on. */
function PendingDevices({ me }: { me: Me }) {
  const pending = useQuery({
    queryKey: ["devices", "pending-count"],
    enabled: may(me, "manage_devices"),
    refetchInterval: lookAgain,
    queryFn: async ({ signal }) => {
      const query = { state: "pending", limit: 1, count: true };
      const { data } = await api.GET("/api/v1/devices", { params: { query }, signal });
      return { count: data?.count ?? 0, more: Boolean(data?.count_capped) };
    },
  });
  const { t } = useTranslation();
  const { count, more } = pending.data ?? { count: 0, more: false };
  if (count === 0) return null;
  return (
    <Badge className="state state-warn" size="sm" aria-label={t("pages.home.pendingDevices")}>
      {more ? `${count}+` : count}
    </Badge>
  );
}

function Footer() {
  const { t } = useTranslation();
  const { data } = useQuery(publicSystem);
  return (
    <Group component="footer" gap="md" mt="xl" pt="sm" className="page">
      <Text size="xs" c="dimmed">
        {t("shell.product")} {data ? t("shell.footer.version", { version: data.version }) : ""}
      </Text>
      {data?.site && (
        <Text size="xs" c="dimmed">
          {t("shell.footer.site", { site: data.site.slice(0, 8) })}
        </Text>
      )}
    </Group>
  );
}
