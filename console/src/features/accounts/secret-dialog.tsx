//! Reveal and copy: reason first, then the value, for seconds. It lives in this
//! dialog only: no cache, no log.
import { Alert, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCopy, IconEye } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Revealed } from "../../api/client";
import { me as meQuery } from "../../api/queries";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { Ago } from "../../parts/time";
import { State, useWord } from "../../parts/words";
import { CLEAR_AFTER, copySecret } from "./clipboard";
import { Countdown, Hidden, SecretValue, Spelled } from "./secret";

export interface SecretOf {
  account: { id: string; name: string; resource: { name: string } };
  /** A value of the history instead of the one that works. */
  version?: { id: string; number: number };
  purpose: "show" | "copy";
}

interface Props {
  of: SecretOf;
  onClose: () => void;
}

export function SecretDialog({ of, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [purpose, setPurpose] = useState(of.purpose);
  const [reason, setReason] = useState("");
  const [revealed, setRevealed] = useState<Revealed>();
  const [hidden, setHidden] = useState(false);
  // The versions that are being read character by character.
  const [read, setRead] = useState<string[]>([]);
  const [choice, setChoice] = useState<Revealed>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const { account, version } = of;
  // Of the one that works by what is known; a former value is not checked.
  const fails = !version && revealed?.knowledge === "out_of_sync";

  const ask = (wanted: "show" | "copy"): Promise<Revealed> => {
    const words = reason.trim();
    return version
      ? body(
          api.POST("/api/v1/accounts/{id}/history/{version}/reveal", {
            params: { path: { id: account.id, version: version.id } },
            body: { reason: words },
          }),
        )
      : body(
          api.POST("/api/v1/accounts/{id}/reveal", {
            params: { path: { id: account.id } },
            body: { reason: words, purpose: wanted },
          }),
        );
  };
  const act = async (wanted: "show" | "copy") => {
    setBusy(true);
    setError(undefined);
    setPurpose(wanted);
    try {
      if (wanted === "show") {
        setRevealed(await ask("show"));
        setHidden(false);
      } else {
        let several: Revealed | undefined;
        await copySecret(async () => {
          const answer = await ask("copy");
          // Which one to copy is the person's choice, not ours.
          if (answer.values.length > 1) several = answer;
          return answer.values[0]?.value ?? "";
        });
        if (several) {
          setChoice(several);
          return;
        }
        notifications.show({
          color: "teal",
          title: t("pages.accounts.copyDone"),
          message: t("pages.accounts.copyClears", { count: CLEAR_AFTER }),
        });
        onClose();
      }
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const hide = useCallback(() => {
    setRevealed(undefined);
    setRead([]);
    setHidden(true);
  }, []);

  const title = version
    ? t("pages.accounts.formerTitle")
    : of.purpose === "copy"
      ? t("pages.accounts.copyTitle")
      : t("pages.accounts.revealTitle");
  const who = client.getQueryData(meQuery.queryKey)?.user;
  const noReason = reason.trim() === "";
  return (
    <Dialog onClose={onClose} title={title} size="lg">
      <Stack>
        <Text fw={600}>
          <bdi>{account.resource.name}</bdi> / <bdi>{account.name}</bdi>
          {version && ` · ${t("pages.accounts.versionNumber", { number: version.number })}`}
        </Text>
        {choice ? (
          <CopyChoice choice={choice} />
        ) : revealed ? (
          <>
            {fails && (
              <Alert
                color="orange"
                icon={<IconAlertTriangle aria-hidden="true" />}
                title={t("words.knowledge.out_of_sync")}
              >
                {t("words.knowledgeHelp.out_of_sync")}
              </Alert>
            )}
            {revealed.values.length > 1 && (
              <Alert
                color="yellow"
                icon={<IconAlertTriangle aria-hidden="true" />}
                title={t("pages.accounts.twoValues")}
              >
                {t("pages.accounts.twoValuesHint")}
              </Alert>
            )}
            {revealed.values.map((each) => (
              <Value
                key={each.version}
                value={each}
                by={who?.name ?? ""}
                onRead={(open) =>
                  setRead((now) => [
                    ...now.filter((version) => version !== each.version),
                    ...(open ? [each.version] : []),
                  ])
                }
              />
            ))}
            <Countdown seconds={revealed.hide_after_s} isRead={read.length > 0} onEnd={hide} />
          </>
        ) : hidden ? (
          <Hidden onAgain={() => setHidden(false)} />
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (!noReason) void act(purpose);
            }}
          >
            <Stack>
              {error !== undefined && <ProblemAlert error={error} />}
              <Textarea
                label={t("common.reason")}
                description={t("common.reasonHint")}
                placeholder={t("common.reasonExample")}
                required
                maxLength={500}
                autosize
                minRows={2}
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                    event.currentTarget.form?.requestSubmit();
                  }
                }}
                data-autofocus
              />
              <Group justify="flex-end">
                <Button variant="default" onClick={onClose}>
                  {t("common.cancel")}
                </Button>
                {!version && of.purpose === "show" && (
                  <Button
                    variant="default"
                    disabled={noReason || busy}
                    leftSection={<IconCopy size={16} aria-hidden="true" />}
                    onClick={() => void act("copy")}
                  >
                    {t("pages.accounts.copyAsk")}
                  </Button>
                )}
                <Button
                  type="submit"
                  disabled={noReason}
                  loading={busy}
                  leftSection={
                    of.purpose === "copy" ? (
                      <IconCopy size={16} aria-hidden="true" />
                    ) : (
                      <IconEye size={16} aria-hidden="true" />
                    )
                  }
                >
                  {of.purpose === "copy"
                    ? t("pages.accounts.copyAsk")
                    : t("pages.accounts.revealAsk")}
                </Button>
              </Group>
            </Stack>
          </form>
        )}
      </Stack>
    </Dialog>
  );
}

/** Two values may work: the newer one is on the clipboard, the other one a click away. */
function CopyChoice({ choice }: { choice: Revealed }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(choice.values[0]?.version);
  return (
    <Alert
      color="yellow"
      icon={<IconAlertTriangle aria-hidden="true" />}
      title={t("pages.accounts.twoValues")}
    >
      <Stack gap="xs">
        <Text size="sm">{t("pages.accounts.twoValuesHint")}</Text>
        {choice.values.map((each) => (
          <Group key={each.version} gap="xs">
            <State kind="version" value={each.state} />
            <Text size="sm">{t("pages.accounts.versionNumber", { number: each.number })}</Text>
            <Button
              size="compact-sm"
              variant={copied === each.version ? "light" : "default"}
              onClick={() =>
                void copySecret(async () => each.value).then(() => setCopied(each.version))
              }
            >
              {copied === each.version ? t("common.copied") : t("common.copy")}
            </Button>
          </Group>
        ))}
      </Stack>
    </Alert>
  );
}

interface ValueProps {
  value: Revealed["values"][number];
  /** With whose eyes it is seen. */
  by: string;
  /** Whether it is being read character by character. */
  onRead: (open: boolean) => void;
}

function Value({ value, by, onRead }: ValueProps) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const word = useWord();
  return (
    <Stack gap={6}>
      <Group gap="xs">
        <State kind="version" value={value.state} />
        <Text size="sm" c="dimmed">
          {t("pages.accounts.versionNumber", { number: value.number })} ·{" "}
          {word("origin", value.origin)} · <Ago value={value.since} />
        </Text>
      </Group>
      <SecretValue value={value.value} by={by} />
      <Button
        size="compact-md"
        variant="default"
        style={{ alignSelf: "flex-start" }}
        leftSection={<IconCopy size={16} aria-hidden="true" />}
        onClick={() => void copySecret(async () => value.value).then(() => setCopied(true))}
      >
        {copied ? t("common.copied") : t("common.copy")}
      </Button>
      {copied && (
        <Text size="sm" c="dimmed" role="status">
          {t("pages.accounts.copyClears", { count: CLEAR_AFTER })}
        </Text>
      )}
      <details onToggle={(event) => onRead(event.currentTarget.open)}>
        <summary>
          <Text span size="sm">
            {t("pages.accounts.spell")}
          </Text>
        </summary>
        <Spelled value={value.value} />
      </details>
    </Stack>
  );
}
