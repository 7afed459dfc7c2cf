//! Refusals and other states that are not the page one wanted.
import { Alert, Anchor, Button, Code, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import {
  IconAlertTriangle,
  IconLock,
  IconMapQuestion,
  IconPlugConnectedX,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { isKnown, isKnownConflict, isProblem, Problem } from "../api/problem";

/** The text of a refusal: by its code, never the server's own sentence. */
export function problemText(t: TFunction, error: unknown, field?: string): string {
  if (!(error instanceof Problem)) return t("problems.crashed.title");
  if (error.code === "invalid_input" && field) {
    return t("problems.texts.invalid_field", { field });
  }
  if (error.code === "throttled" && error.retryAfter) {
    return t("problems.texts.throttled_for", { count: error.retryAfter });
  }
  return codeText(t, error.code, error.conflict);
}

/** The text of a code, and of what is in the way where it is a conflict. */
export function codeText(t: TFunction, code: string, conflict?: string): string {
  if (code === "conflict" && isKnownConflict(conflict)) return t(`problems.conflicts.${conflict}`);
  if (isKnown(code)) return t(`problems.texts.${code}`);
  return t("problems.texts.unknown", { code });
}

interface AlertProps {
  error: unknown;
  /** What the form calls the fields that the server names. */
  fields?: Record<string, string>;
  onRetry?: () => void;
}

/** A refusal where something was tried. */
export function ProblemAlert({ error, fields, onRetry }: AlertProps) {
  const { t } = useTranslation();
  // The dialog that asks to sign in again says it all.
  if (!error || isProblem(error, "unauthenticated")) return null;
  const problem = error instanceof Problem ? error : undefined;
  const field = problem?.field ? fields?.[problem.field] : undefined;
  return (
    <Alert
      color="red"
      role="alert"
      icon={<IconAlertTriangle aria-hidden="true" />}
      title={problemText(t, error, field)}
    >
      <Stack gap="xs" align="flex-start">
        {problem && <Diagnosis problem={problem} />}
        {problem?.order && (
          <Anchor component={Link} to="/tasks" search={{ open: problem.order } as never} size="sm">
            {t("pages.accounts.showTask")}
          </Anchor>
        )}
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {t("common.retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** For whoever has to find out: code, request id and what the server said. */
function Diagnosis({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  return (
    <details>
      <summary>
        <Text span size="sm">
          {t("common.details")}
        </Text>
      </summary>
      <Stack gap={4} mt={4}>
        <Text size="sm">
          {t("problems.code")}: <Code>{problem.code}</Code>
        </Text>
        {problem.requestId && (
          <Text size="sm">
            {t("problems.request")}: <Code>{problem.requestId}</Code>
          </Text>
        )}
        {problem.detail && (
          <Text size="sm" lang="en">
            {t("problems.server")}: {problem.detail}
          </Text>
        )}
      </Stack>
    </details>
  );
}

interface NoticeProps {
  icon: ReactNode;
  title: string;
  /** 1 where it stands for the whole page. */
  level?: 1 | 2;
  children?: ReactNode;
}

/** A page that has nothing to show, and why. */
export function Notice({ icon, title, level = 2, children }: NoticeProps) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      <Text c="dimmed" span lh={1} aria-hidden="true">
        {icon}
      </Text>
      <Title order={level} size="h4">
        {title}
      </Title>
      {children}
    </Stack>
  );
}

interface LoadProps {
  error: unknown;
  onRetry?: () => void;
  /** Other ways out. */
  children?: ReactNode;
}

/** What a page shows when its data could not be read. */
export function LoadProblem({ error, onRetry, children }: LoadProps) {
  const { t } = useTranslation();
  if (isProblem(error, "forbidden")) {
    return (
      <Notice icon={<IconLock size={44} stroke={1.3} />} title={t("problems.denied.title")}>
        <Text c="dimmed">{t("problems.denied.explain")}</Text>
      </Notice>
    );
  }
  // An address with half an id is as good as one of nothing.
  const noId = isProblem(error, "invalid_input") && error.field === "id";
  if (isProblem(error, "not_found") || noId) return <Missing />;
  const icon = isProblem(error, "unreachable") ? (
    <IconPlugConnectedX size={44} stroke={1.3} />
  ) : (
    <IconAlertTriangle size={44} stroke={1.3} />
  );
  return (
    <Notice icon={icon} title={t("problems.failed.title")}>
      <Text c="dimmed">{problemText(t, error)}</Text>
      {error instanceof Problem && <Diagnosis problem={error} />}
      <Group>
        {onRetry && (
          <Button variant="default" onClick={onRetry}>
            {t("common.retry")}
          </Button>
        )}
        {children}
      </Group>
    </Notice>
  );
}

/** Nothing is here, or nothing the reader may see. */
export function Missing({ page }: { page?: boolean }) {
  const { t } = useTranslation();
  return (
    <Notice
      level={1}
      icon={<IconMapQuestion size={44} stroke={1.3} />}
      title={t("problems.missing.title")}
    >
      <Text c="dimmed">{page ? t("problems.missing.page") : t("problems.missing.explain")}</Text>
      <Button component={Link} to="/" variant="default">
        {t("problems.missing.home")}
      </Button>
    </Notice>
  );
}

/** Where something is being loaded. */
export function Loading({ lines = 5 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" aria-busy="true" aria-label={t("common.loading")} role="status">
      <Group>
        <Skeleton height={28} width={220} />
      </Group>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity
        <Skeleton key={line} height={18} width={`${92 - line * 9}%`} />
      ))}
    </Stack>
  );
}
