//! What a new site still needs, on Home.
import { Button, Group, Paper, Text, Title } from "@mantine/core";
import { IconArrowRight, IconCircle, IconCircleCheckFilled } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { setPreferences } from "../../shell/preferences";

export interface Step {
  id: "factor" | "certificate" | "recovery" | "agent" | "accounts" | "reset" | "backup";
  done: boolean;
  to: string;
  search?: Record<string, unknown>;
  hash?: string;
}

/** Ticks itself off from what the server knows. */
export function GettingStarted({ steps }: { steps: Step[] }) {
  const { t } = useTranslation();
  const done = steps.filter((step) => step.done).length;
  const next = steps.find((step) => !step.done);
  return (
    <section>
      <Group justify="space-between" mb="sm">
        <Group gap="sm">
          <Title order={2} size="h4">
            {t("pages.home.start.title")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("pages.home.start.progress", { done, all: steps.length })}
          </Text>
        </Group>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          onClick={() => setPreferences({ startDismissed: true })}
        >
          {t("pages.home.start.dismiss")}
        </Button>
      </Group>
      <Paper withBorder radius="md" component="ol" p={0} m={0} style={{ listStyle: "none" }}>
        {steps.map((step) => {
          const inside = (
            <>
              {step.done ? (
                <IconCircleCheckFilled
                  size={22}
                  color="var(--mantine-color-teal-filled)"
                  role="img"
                  aria-label={t("table.bulk.ok")}
                />
              ) : (
                <IconCircle size={22} stroke={1.4} aria-hidden="true" />
              )}
              <div style={{ flex: 1 }}>
                <Text size="sm" fw={step.id === next?.id ? 650 : 500} className="start-name">
                  {t(`pages.home.start.${step.id}`)}
                </Text>
                <Text size="sm" c="dimmed">
                  {t(`pages.home.start.${step.id}Hint`)}
                </Text>
              </div>
            </>
          );
          return (
            <li key={step.id} className="line">
              {step.done ? (
                <div className="start-row">{inside}</div>
              ) : (
                <Link
                  to={step.to}
                  search={(step.search ?? {}) as never}
                  hash={step.hash ?? ""}
                  className="start-row"
                >
                  {inside}
                  <IconArrowRight size={18} aria-hidden="true" />
                </Link>
              )}
            </li>
          );
        })}
      </Paper>
    </section>
  );
}
