import { Anchor, Group, Paper, SimpleGrid, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import {
  IconAlertTriangle,
  IconChecklist,
  IconDatabaseExport,
  IconDeviceDesktopQuestion,
  IconKeyOff,
  IconMoodCheck,
  IconRobotOff,
  IconShieldExclamation,
  type TablerIcon,
} from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { me as meQuery, system as systemQuery } from "../../api/queries";
import { certificateEnd } from "../../features/home/certificate-end";
import { counted, overview } from "../../features/home/counts";
import { GettingStarted } from "../../features/home/getting-started";
import { allTexts } from "../../i18n";
import { Facts } from "../../parts/facts";
import { PageHead } from "../../parts/page";
import { Loading, LoadProblem } from "../../parts/problem";
import { Ago, useNow } from "../../parts/time";
import { State, useWord } from "../../parts/words";
import { may } from "../../shell/nav";
import { usePreferences } from "../../shell/preferences";

// Not part of the first load.
const TaskDrawer = lazy(async () => {
  await allTexts();
  return { default: (await import("../../features/tasks/task-drawer")).TaskDrawer };
});

export const Route = createFileRoute("/_app/")({
  validateSearch: (search: Record<string, unknown>): { open?: string | undefined } => ({
    open: typeof search.open === "string" ? search.open : undefined,
  }),
  component: Home,
});

const DAY = 86_400_000;
const OLD_BACKUP = 7 * DAY;

interface Card {
  icon: TablerIcon;
  label: string;
  value?: string;
  to: string;
  search?: Record<string, unknown>;
  hash?: string;
  tone: "yellow" | "orange" | "red" | "indigo";
}

function Home() {
  const { t } = useTranslation();
  const word = useWord();
  const now = useNow();
  const { data: me } = useSuspenseQuery(meQuery);
  const { startDismissed } = usePreferences();
  const { open } = Route.useSearch();
  // It stays, so that the focus can go back when it is closed.
  const [opened, setOpened] = useState(false);
  if (open && !opened) setOpened(true);
  const { data, error, refetch } = useQuery(overview(me));
  const { data: system } = useQuery({ ...systemQuery, enabled: may(me, "view_system") });
  const head = (
    <PageHead
      title={t("pages.home.title")}
      twin={{
        requests: [
          { method: "GET", path: "/overview" },
          { method: "GET", path: "/orders?mine=true" },
          { method: "GET", path: "/system" },
        ],
        commands: [
          "sekisho orders list --mine",
          "sekisho devices list --state pending",
          "sekisho status",
        ],
      }}
    />
  );
  if (error && !data) {
    return (
      <>
        {head}
        <LoadProblem error={error} onRetry={() => void refetch()} />
      </>
    );
  }
  if (!data) {
    return (
      <>
        {head}
        <Loading />
      </>
    );
  }
  const backupAge = system?.last_backup_at && now - new Date(system.last_backup_at).getTime();
  const certificate = certificateEnd(data.certificate_ends_at, now);
  const cards: (Card | false | undefined | "" | 0 | null)[] = [
    !!data.pending_devices && {
      icon: IconDeviceDesktopQuestion,
      label: t("pages.home.pendingDevices"),
      value: counted(data.pending_devices),
      to: "/devices",
      search: { state: "pending" },
      tone: "orange",
    },
    !!data.inactive_agents && {
      icon: IconRobotOff,
      label: t("pages.home.inactiveAgents"),
      value: counted(data.inactive_agents),
      to: "/agents",
      search: { active: "false", state: "approved" },
      tone: "orange",
    },
    !!data.out_of_sync && {
      icon: IconKeyOff,
      label: t("pages.home.outOfSync"),
      value: counted(data.out_of_sync),
      to: "/accounts",
      search: { knowledge: "out_of_sync" },
      tone: "red",
    },
    !!data.my_failed_tasks && {
      icon: IconAlertTriangle,
      label: t("pages.home.failedTasks"),
      value: counted(data.my_failed_tasks),
      to: "/tasks",
      search: { mine: "true" },
      tone: "red",
    },
    !!data.my_open_tasks && {
      icon: IconChecklist,
      label: t("pages.home.openTasks"),
      value: counted(data.my_open_tasks),
      to: "/tasks",
      search: { mine: "true", state: "open" },
      tone: "indigo",
    },
    system?.audit_held && {
      icon: IconShieldExclamation,
      label: t("pages.home.auditHeld"),
      to: "/audit",
      tone: "red",
    },
    certificate && {
      icon: IconAlertTriangle,
      label:
        certificate.days > 0 ? t("pages.home.certificateEnds") : t("pages.home.certificateOver"),
      ...(certificate.days > 0 && {
        value: t("pages.home.days", { count: certificate.days }),
      }),
      ...(may(me, "manage_server") ? firstRun("certificate") : { to: "/settings" }),
      tone: certificate.tone,
    },
    system &&
      !!data.known_accounts &&
      (!backupAge || backupAge > OLD_BACKUP) && {
        icon: IconDatabaseExport,
        label: backupAge ? t("pages.home.oldBackup") : t("pages.home.noBackup"),
        ...BACKUP,
        tone: "orange",
      },
  ];
  const shown = cards.filter((card): card is Card => Boolean(card));
  const starts = may(me, "download_agent") && !startDismissed;
  return (
    <>
      {head}
      <Stack gap="xl">
        <section>
          <Title order={2} size="h4" mb="sm">
            {t("pages.home.act")}
          </Title>
          {shown.length === 0 ? (
            <Paper withBorder p="lg" radius="md">
              <Group>
                <ThemeIcon variant="light" color="teal" size={40} radius="xl">
                  <IconMoodCheck aria-hidden="true" />
                </ThemeIcon>
                <div>
                  <Text fw={600}>{t("pages.home.calm")}</Text>
                  <Text size="sm" c="dimmed">
                    {t("pages.home.calmHint")}
                  </Text>
                </div>
              </Group>
            </Paper>
          ) : (
            <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="md">
              {shown.map((card) => (
                <Paper
                  key={card.label}
                  withBorder
                  p="md"
                  radius="md"
                  className="stat-card"
                  component={Link}
                  to={card.to}
                  search={(card.search ?? {}) as never}
                  hash={card.hash ?? ""}
                >
                  <Group wrap="nowrap">
                    <ThemeIcon variant="light" color={card.tone} size={40} radius="md">
                      <card.icon size={22} stroke={1.6} aria-hidden="true" />
                    </ThemeIcon>
                    <div>
                      {card.value && (
                        <Text fw={700} size="1.6rem" lh={1.1}>
                          {card.value}
                        </Text>
                      )}
                      <Text size="sm">{card.label}</Text>
                    </div>
                  </Group>
                </Paper>
              ))}
            </SimpleGrid>
          )}
        </section>

        {starts && (
          <GettingStarted
            steps={[
              { id: "factor", done: data.second_factor, ...firstRun("factor") },
              ...(may(me, "manage_server")
                ? [
                    {
                      id: "certificate" as const,
                      done: Boolean(data.certificate_chosen),
                      ...firstRun("certificate"),
                    },
                    {
                      id: "recovery" as const,
                      done: Boolean(data.recovery_key_proved),
                      ...firstRun("recovery"),
                    },
                  ]
                : []),
              { id: "agent", done: Boolean(data.has_agent), ...firstRun("agent") },
              { id: "accounts", done: Boolean(data.accounts), to: "/resources" },
              { id: "reset", done: Boolean(data.known_accounts), ...firstRun("password") },
              ...(system ? [{ id: "backup" as const, done: Boolean(backupAge), ...BACKUP }] : []),
            ]}
          />
        )}

        {may(me, "view_resources") && (
          <section>
            <Group justify="space-between" mb="sm">
              <Title order={2} size="h4">
                {t("pages.home.recentTasks")}
              </Title>
              <Anchor component={Link} to="/tasks" size="sm">
                {t("pages.home.allTasks")}
              </Anchor>
            </Group>
            {data.recent.length === 0 ? (
              <Text c="dimmed" size="sm">
                {t("pages.home.noTasks")}
              </Text>
            ) : (
              <Paper withBorder radius="md">
                {data.recent.map((order) => (
                  <Group key={order.id} px="md" py={10} className="line" justify="space-between">
                    <Group gap="sm">
                      <State kind="order" value={order.state} />
                      <Anchor
                        component={Link}
                        to="."
                        search={{ open: order.id } as never}
                        size="sm"
                        c="inherit"
                      >
                        {word("operation", order.operation)}: <bdi>{order.resource.name}</bdi>
                        {order.account && (
                          <>
                            {" / "}
                            <bdi>{order.account.name}</bdi>
                          </>
                        )}
                      </Anchor>
                    </Group>
                    <Text size="sm" c="dimmed">
                      <Ago value={order.created_at} />
                    </Text>
                  </Group>
                ))}
              </Paper>
            )}
          </section>
        )}

        {system && (
          <section>
            <Title order={2} size="h4" mb="sm">
              {t("pages.home.server")}
            </Title>
            <Paper withBorder radius="md" p="md">
              <Facts
                rows={[
                  [t("pages.home.backup"), <Ago key="backup" value={system.last_backup_at} />],
                  [
                    t("pages.home.uptime"),
                    <Ago
                      key="uptime"
                      value={new Date(Date.now() - system.uptime_s * 1000).toISOString()}
                    />,
                  ],
                  [
                    t("pages.home.database"),
                    system.database === "sqlite" ? "SQLite" : "PostgreSQL",
                  ],
                ]}
              />
            </Paper>
          </section>
        )}
      </Stack>
      {opened && (
        <Suspense>
          <TaskDrawer />
        </Suspense>
      )}
    </>
  );
}

/** Where the commands are. */
const BACKUP = { to: "/settings", hash: "backup" };

/** A step of the wizard. */
const firstRun = (step: string) => ({ to: "/first-run", search: { step } });
