//! The name of the step that one is at.
import { Title } from "@mantine/core";
import { useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { StepId } from "./steps";

/** When the step changes the focus comes here: a second Enter passes no step by. */
export function StepTitle({ step }: { step: StepId }) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(step);
  useLayoutEffect(() => {
    if (before.current !== step) heading.current?.focus();
    before.current = step;
  }, [step]);
  return (
    <Title order={2} size="h3" mb="sm" ref={heading} tabIndex={-1} className="step-title">
      {t(`pages.firstRun.steps.${step}`)}
    </Title>
  );
}
