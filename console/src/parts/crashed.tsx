//! When drawing a page failed.
import { Button, Text } from "@mantine/core";
import { IconBug } from "@tabler/icons-react";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import { LoadProblem, Notice } from "./problem";

export function Crashed({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  if (error instanceof Problem) return <LoadProblem error={error} onRetry={reset} />;
  return (
    <Notice icon={<IconBug size={44} stroke={1.3} />} title={t("problems.crashed.title")}>
      <Text c="dimmed">{t("problems.crashed.explain")}</Text>
      <Button variant="default" onClick={() => location.reload()}>
        {t("common.reload")}
      </Button>
    </Notice>
  );
}
