//! A clear value on the screen: with whose eyes it was seen on it, and for how long.
import { Button, Group, RingProgress, Stack, Table, Text } from "@mantine/core";
import { IconEyeOff } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { exactTime } from "../../i18n/format";

export type Kind = "upper" | "lower" | "digit" | "symbol" | "other";

export function kindOf(character: string): Kind {
  if (/^\p{Lu}$/u.test(character)) return "upper";
  if (/^\p{Ll}$/u.test(character)) return "lower";
  if (/^\p{Nd}$/u.test(character)) return "digit";
  return /^[\p{P}\p{S}]$/u.test(character) ? "symbol" : "other";
}

/** The value with its digits and symbols told apart, and a watermark over it. */
export function SecretValue({ value, by }: { value: string; by: string }) {
  const [at] = useState(() => exactTime(new Date().toISOString()));
  const mark = `${by} · ${at}`;
  let place = 0;
  return (
    <div className="secret-value mono" translate="no" dir="ltr">
      {runs(value).map(({ kind, text }) => {
        place += text.length;
        return (
          <span key={place} className={kind}>
            {text}
          </span>
        );
      })}
      <div className="watermark" aria-hidden="true">
        {Array.from({ length: 8 }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: all the same
          <span key={index}>{mark}</span>
        ))}
      </div>
    </div>
  );
}

function runs(value: string): { kind: Kind; text: string }[] {
  const all: { kind: Kind; text: string }[] = [];
  for (const character of value) {
    const kind = kindOf(character);
    const last = all.at(-1);
    if (last?.kind === kind) last.text += character;
    else all.push({ kind, text: character });
  }
  return all;
}

/** Character by character, to read it out over the telephone. */
export function Spelled({ value }: { value: string }) {
  const { t } = useTranslation();
  const words: Record<Kind, string> = {
    upper: t("pages.accounts.spellUpper"),
    lower: t("pages.accounts.spellLower"),
    digit: t("pages.accounts.spellDigit"),
    symbol: t("pages.accounts.spellSymbol"),
    other: t("pages.accounts.spellOther"),
  };
  return (
    <Table withRowBorders={false} verticalSpacing={1} className="spelled">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>#</Table.Th>
          <Table.Th>{t("pages.accounts.character")}</Table.Th>
          <Table.Th>{t("pages.accounts.kind")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {[...value].map((character, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: places are the identity
          <Table.Tr key={index}>
            <Table.Td c="dimmed">{index + 1}</Table.Td>
            <Table.Td className="mono" fw={600} translate="no">
              {character}
            </Table.Td>
            <Table.Td>{words[kindOf(character)]}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** Once, on request, in seconds. */
const LONGER_S = 30;
/** So long, in seconds and in all, the time stands still while somebody reads aloud. */
const PAUSE_S = 60;

interface CountdownProps {
  /** Seconds; 0: it stays. */
  seconds: number;
  /** Whether somebody reads the value character by character. */
  isRead?: boolean;
  onEnd: () => void;
}

/** How long a value stays on the screen. It ends by the clock, not by ticks. */
export function Countdown({ seconds, isRead = false, onEnd }: CountdownProps) {
  const { t } = useTranslation();
  const clock = useRef({ at: performance.now(), left: seconds, pause: PAUSE_S });
  const [left, setLeft] = useState(seconds);
  const [isLonger, setLonger] = useState(false);
  useEffect(() => {
    if (seconds === 0) return;
    const timer = setInterval(() => {
      const now = clock.current;
      const passed = (performance.now() - now.at) / 1000;
      const still = isRead ? Math.min(passed, now.pause) : 0;
      now.at += passed * 1000;
      now.pause -= still;
      now.left -= passed - still;
      if (now.left <= 0) onEnd();
      else setLeft(now.left);
    }, 200);
    return () => clearInterval(timer);
  }, [seconds, isRead, onEnd]);
  const longer = () => {
    clock.current.left += LONGER_S;
    setLeft(clock.current.left);
    setLonger(true);
  };
  return (
    <Group justify="space-between">
      {seconds === 0 ? (
        <Text size="sm">{t("pages.accounts.keep")}</Text>
      ) : (
        <Group gap="xs">
          <RingProgress
            size={30}
            thickness={4}
            aria-hidden="true"
            sections={[
              {
                value: Math.min(100, (left / seconds) * 100),
                color: left > 3 ? "indigo" : "orange",
              },
            ]}
          />
          <Text size="sm">{t("pages.accounts.hidesIn", { count: Math.ceil(left) })}</Text>
          {!isLonger && (
            <Button variant="subtle" size="compact-sm" onClick={longer}>
              {t("pages.accounts.longer", { count: LONGER_S })}
            </Button>
          )}
        </Group>
      )}
      <Button
        variant="default"
        size="xs"
        onClick={onEnd}
        leftSection={<IconEyeOff size={15} aria-hidden="true" />}
      >
        {t("pages.accounts.hideNow")}
      </Button>
    </Group>
  );
}

export function Hidden({ onAgain }: { onAgain: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack align="flex-start" role="status">
      <Text fw={600}>{t("pages.accounts.hidden")}</Text>
      <Text size="sm" c="dimmed">
        {t("pages.accounts.hiddenHint")}
      </Text>
      <Button onClick={onAgain} variant="light" data-autofocus>
        {t("pages.accounts.again")}
      </Button>
    </Stack>
  );
}
