//! The steps of first run in a row.
import { Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type Done, STEPS, type StepId } from "./steps";

interface Props {
  current: StepId;
  done: Done;
  /** Whether one can go to a step: not before somebody is signed in. */
  linked?: boolean;
}

/** All steps in a row; on a phone their names are only read aloud. */
export function StepLine({ current, done, linked }: Props) {
  const { t } = useTranslation();
  return (
    <ol className="steps" aria-label={t("pages.firstRun.progress")}>
      {STEPS.filter((step) => done[step] !== undefined).map((step, at) => {
        const inside = (
          <>
            <span className="step-mark" aria-hidden="true">
              {done[step] ? <IconCheck size={16} stroke={2.4} /> : at + 1}
            </span>
            <Text span size="sm" className="step-name" fw={step === current ? 650 : 400}>
              {t(`pages.firstRun.steps.${step}`)}
              <span className="visually-hidden">
                {done[step] ? t("pages.firstRun.isDone") : ""}
              </span>
            </Text>
          </>
        );
        return (
          <li
            key={step}
            data-done={done[step] || undefined}
            data-current={step === current || undefined}
            aria-current={step === current ? "step" : undefined}
          >
            {linked && step !== "administrator" ? (
              <Link to="/first-run" search={{ step }} className="step">
                {inside}
              </Link>
            ) : (
              <span className="step">{inside}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
