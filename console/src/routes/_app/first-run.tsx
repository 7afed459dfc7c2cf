import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { me as meQuery } from "../../api/queries";
import { AgentStep } from "../../features/first-run/agent-step";
import { BackUp } from "../../features/first-run/back-up";
import { CertificateStep } from "../../features/first-run/certificate-step";
import { FactorStep } from "../../features/first-run/factor-step";
import { PasswordStep } from "../../features/first-run/password-step";
import { RecoveryStep } from "../../features/first-run/recovery-step";
import { StepLine } from "../../features/first-run/step-line";
import { StepTitle } from "../../features/first-run/step-title";
import { firstOpen, isStep, STEPS, type StepId, stepsOf } from "../../features/first-run/steps";
import { overview } from "../../features/home/counts";
import { PageHead } from "../../parts/page";
import { Loading, LoadProblem } from "../../parts/problem";
import { may } from "../../shell/nav";
import type { Twin } from "../../shell/twin";

export const Route = createFileRoute("/_app/first-run")({
  validateSearch: (search: Record<string, unknown>): { step?: StepId | undefined } => ({
    step: isStep(search.step) ? search.step : undefined,
  }),
  component: FirstRun,
});

const TWINS: Record<StepId, Twin> = {
  administrator: { requests: [{ method: "GET", path: "/me" }], commands: ["sekisho setup"] },
  factor: {
    requests: [{ method: "GET", path: "/me/second-factor" }],
    commands: ["sekisho second-factor set-up"],
  },
  certificate: {
    requests: [
      { method: "GET", path: "/system/certificate" },
      {
        method: "PUT",
        path: "/system/certificate",
        body: { source: "site_ca", names: ["vault.corp.example"] },
      },
    ],
    commands: [
      "sekisho certificate own --name NAME",
      "sekisho certificate upload --pfx server.pfx",
      "sekisho certificate upload --chain chain.pem --key-file key.pem",
    ],
  },
  recovery: {
    requests: [{ method: "GET", path: "/system/recovery-key" }],
    commands: ["sekisho recovery-key prove"],
  },
  agent: {
    requests: [
      { method: "GET", path: "/enrolment-keys?sort=-created_at&limit=1" },
      { method: "GET", path: "/devices?state=pending" },
    ],
    commands: ["sekisho keys create LABEL", "sekisho devices approve HOST"],
  },
  password: {
    requests: [{ method: "GET", path: "/accounts?presence=present" }],
    commands: [
      "sekisho accounts list",
      "sekisho reset RESOURCE/ACCOUNT --wait",
      "sekisho reveal RESOURCE/ACCOUNT --reason '…'",
    ],
  },
};

function FirstRun() {
  const { t } = useTranslation();
  const navigate = Route.useNavigate();
  const { step: wanted } = Route.useSearch();
  const { data: me } = useSuspenseQuery(meQuery);
  const { data, error, refetch } = useQuery(overview(me));
  const done = data && stepsOf(me, data);
  const open = done && firstOpen(done);
  const isMine = wanted !== undefined && done?.[wanted] !== undefined;
  const step = isMine ? wanted : open;
  // From here on it changes only when somebody says so: a step that has just been
  // done may still have something to show.
  useEffect(() => {
    if (open && !isMine) void navigate({ search: { step: open }, replace: true });
  }, [open, isMine, navigate]);
  const head = (
    <PageHead
      title={t("pages.firstRun.title")}
      about={t("pages.firstRun.about")}
      twin={TWINS[step ?? "administrator"]}
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
  if (!done || !step) {
    return (
      <>
        {head}
        <Loading />
      </>
    );
  }
  const mine = STEPS.filter((one) => done[one] !== undefined);
  const next = mine[mine.indexOf(step) + 1];
  const all = mine.every((one) => done[one]);
  return (
    <>
      {head}
      <StepLine current={step} done={done} linked />
      <Paper withBorder radius="md" p="lg" maw={860} component="section">
        <StepTitle step={step} />
        {step === "administrator" && <Text>{t("pages.firstRun.administratorDone")}</Text>}
        {step === "factor" && <FactorStep />}
        {step === "certificate" && <CertificateStep />}
        {step === "recovery" && <RecoveryStep />}
        {step === "agent" && <AgentStep />}
        {step === "password" && <PasswordStep done={Boolean(done.password)} agent={done.agent} />}
      </Paper>
      {!next && all && may(me, "view_system") && <BackUp />}
      <Stack mt="md" maw={860}>
        <Group justify={next || !all ? "space-between" : "flex-end"}>
          {(next || !all) && (
            <Button component={Link} to="/" variant="subtle" color="gray">
              {t("pages.firstRun.leave")}
            </Button>
          )}
          {next ? (
            <Button
              component={Link}
              to="/first-run"
              search={{ step: next } as never}
              variant={done[step] ? "filled" : "default"}
              rightSection={<IconArrowRight size={17} aria-hidden="true" />}
            >
              {done[step]
                ? t("pages.firstRun.next", { step: t(`pages.firstRun.steps.${next}`) })
                : t("pages.firstRun.later")}
            </Button>
          ) : all ? (
            <Button component={Link} to="/">
              {t("pages.firstRun.home")}
            </Button>
          ) : (
            firstOpen(done) !== step && (
              <Button
                component={Link}
                to="/first-run"
                search={{ step: firstOpen(done) } as never}
                variant={done[step] ? "filled" : "default"}
              >
                {t("pages.firstRun.open", { step: t(`pages.firstRun.steps.${firstOpen(done)}`) })}
              </Button>
            )
          )}
        </Group>
        {!all && (
          <Text size="sm" c="dimmed">
            {t("pages.firstRun.resumes")}
          </Text>
        )}
      </Stack>
    </>
  );
}
