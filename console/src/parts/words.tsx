//! The server's words in the reader's language; an unknown word is shown as it is.
import { Badge, type BadgeProps, Tooltip } from "@mantine/core";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { Catalogue } from "../i18n";

type Words = Catalogue["words"];
export type WordKind = keyof Words;

export function useWord() {
  const { t } = useTranslation();
  return useCallback(
    (kind: WordKind, value: string | null | undefined): string => {
      if (!value) return "";
      const key = `words.${kind}.${value}`;
      return t(key as never, { defaultValue: value }) as string;
    },
    [t],
  );
}

export type Tone = "good" | "warn" | "bad" | "busy" | "quiet";

const COLOURS: Record<Tone, string> = {
  good: "teal",
  warn: "yellow",
  bad: "red",
  busy: "indigo",
  quiet: "gray",
};

const TONES: Partial<Record<WordKind, Record<string, Tone>>> = {
  knowledge: {
    known: "good",
    unverified: "warn",
    unknown: "quiet",
    indeterminate: "warn",
    out_of_sync: "bad",
  },
  presence: { present: "quiet", gone: "warn" },
  verify: {
    in_sync: "good",
    out_of_sync: "bad",
    unreachable: "warn",
    locked: "warn",
    disabled: "warn",
    expired: "warn",
    unknown: "quiet",
  },
  order: {
    staged: "quiet",
    queued: "busy",
    delivered: "busy",
    indeterminate: "warn",
    reconciling: "busy",
    committed: "good",
    not_applied: "bad",
    out_of_sync: "bad",
    cancelled: "quiet",
    expired: "warn",
  },
  version: {
    candidate: "busy",
    current: "good",
    superseded: "quiet",
    rejected: "quiet",
    indeterminate: "warn",
  },
  device: { pending: "warn", approved: "good", blocked: "bad", retired: "quiet" },
  suspension: { cloned: "bad" },
  agent: { active: "good", inactive: "warn" },
  association: { associated: "good", dissociated: "warn", none: "quiet" },
  limit: { not_connected: "quiet", outdated: "warn" },
  orderHeld: { dissociated: "warn" },
  notification: {
    reset_done: "good",
    reset_failed: "bad",
    verify_done: "good",
    verify_failed: "bad",
    waiting: "busy",
    retried: "quiet",
  },
  linkState: { active: "good", expired: "quiet", revoked: "quiet" },
  keyState: { active: "good", used: "quiet", expired: "quiet", revoked: "quiet" },
  user: { active: "good", disabled: "quiet" },
  rotation: { off: "quiet", scheduled: "quiet", due_soon: "busy", due: "busy", held: "warn" },
};

/** Marks beside the colour: a state is never told by colour alone. */
const MARKS: Record<Tone, string> = { good: "●", warn: "▲", bad: "■", busy: "◐", quiet: "○" };

interface SignProps extends BadgeProps {
  tone: Tone;
  help?: string | undefined;
}

/** A small mark with a word, for words that are not everywhere. */
export function Sign({ tone, help, ...rest }: SignProps) {
  const badge = (
    <Badge
      color={COLOURS[tone]}
      leftSection={<span aria-hidden="true">{MARKS[tone]}</span>}
      className={`state state-${tone}`}
      {...(help ? { tabIndex: 0 } : {})}
      {...rest}
    />
  );
  return help ? (
    <Tooltip label={help} multiline maw={320}>
      {badge}
    </Tooltip>
  ) : (
    badge
  );
}

interface Props extends Omit<BadgeProps, "children"> {
  kind: WordKind;
  value: string | null | undefined;
  help?: string | undefined;
}

/** A state as a small mark with its word. */
export function State({ kind, value, ...rest }: Props) {
  const word = useWord();
  if (!value) return null;
  return (
    <Sign tone={TONES[kind]?.[value] ?? "quiet"} {...rest}>
      {word(kind, value)}
    </Sign>
  );
}
