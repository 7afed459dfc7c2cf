import { Anchor, Button, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconArrowLeft, IconMail } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { type ReactNode, useId, useState } from "react";
import { api, body } from "../../api/client";
import { me as meQuery } from "../../api/queries";
import { OwnMail } from "../../features/reports/own-mail";
import { ReportTable } from "../../features/reports/report-table";
import { ScheduleForm } from "../../features/reports/schedule-form";
import { ScheduleList } from "../../features/reports/schedule-list";
import { known, useReportWords } from "../../features/reports/words";
import { PageHead } from "../../parts/page";
import { LoadProblem } from "../../parts/problem";
import { REPORT_FILTERS } from "../../table/filter-names";
import { readListSearch } from "../../table/search";
import { listTwin } from "../../table/twin";

export const Route = createFileRoute("/_app/reports")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, REPORT_FILTERS),
  component: Reports,
});

function Reports() {
  const w = useReportWords();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const [sending, setSending] = useState(false);
  const { data: me } = useQuery(meQuery);
  const catalogue = useQuery({
    queryKey: ["reports"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/reports", { signal })),
  });
  const chosen = catalogue.data?.items.find(({ report }) => report === search.report);
  if (catalogue.error && !catalogue.data) {
    return <LoadProblem error={catalogue.error} onRetry={() => void catalogue.refetch()} />;
  }
  if (chosen) {
    const parameters: Record<string, string> = {};
    for (const { name } of chosen.parameters) {
      const value = (search as Record<string, unknown>)[name];
      if (typeof value === "string") parameters[name] = value;
    }
    const { report: _, ...query } = search;
    const asked = Object.entries(parameters).map(([name, value]) => `--ask ${name}=${value}`);
    const command = ["sekisho reports run", chosen.report, ...asked].join(" ");
    const twin = listTwin(`/reports/${chosen.report}/rows`, command, query);
    twin.commands.push(`${command} --csv > ${chosen.report}.csv`);
    return (
      <>
        <PageHead
          title={known(w.names, chosen.report)}
          about={known(w.explain, chosen.report)}
          above={
            <Anchor component={Link} to="/reports" size="sm">
              <IconArrowLeft size={14} aria-hidden="true" /> {w.all}
            </Anchor>
          }
          twin={twin}
          actions={
            <Button
              variant="default"
              leftSection={<IconMail size={17} aria-hidden="true" />}
              onClick={() => setSending(true)}
            >
              {w.send}
            </Button>
          }
        />
        <ReportTable
          report={chosen}
          user={search.user}
          onUser={(user) =>
            void navigate({ search: (now) => ({ ...now, user, after: undefined }) })
          }
        />
        {sending && (
          <ScheduleForm
            report={chosen.report}
            parameters={parameters}
            onClose={() => setSending(false)}
          />
        )}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={w.title}
        about={w.about}
        twin={{
          requests: [
            { method: "GET", path: "/reports" },
            { method: "GET", path: "/report-schedules" },
            { method: "GET", path: "/me/mail" },
          ],
          commands: ["sekisho reports list", "sekisho reports schedules", "sekisho mail show"],
        }}
      />
      <Stack gap="xl">
        {catalogue.data?.items.length === 0 && <Text c="dimmed">{w.none}</Text>}
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} component="ul" p={0} m={0}>
          {catalogue.data?.items.map(({ report }) => (
            <Paper
              key={report}
              component="li"
              withBorder
              p="md"
              radius="md"
              data-row
              style={{ listStyle: "none" }}
            >
              <Anchor component={Link} to="/reports" search={{ report } as never} fw={600}>
                {known(w.names, report)}
              </Anchor>
              <Text size="sm" c="dimmed" mt={4}>
                {known(w.explain, report)}
              </Text>
            </Paper>
          ))}
        </SimpleGrid>
        <Section title={w.schedules}>
          <ScheduleList />
        </Section>
        <Section title={w.mail.title}>
          <OwnMail />
        </Section>
        {me?.permissions.includes("view_system") && (
          <Anchor component={Link} to="/mail">
            {w.outbox.open}
          </Anchor>
        )}
      </Stack>
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Title order={2} size="h4" id={id} mb="sm">
        {title}
      </Title>
      {children}
    </section>
  );
}
