//! One's own authenticator app and recovery codes.
import { Alert, Button, Group, List, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { encode } from "uqr";
import { api, body } from "../../api/client";
import { isProblem } from "../../api/problem";
import { CopyBlock } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { Facts } from "../../parts/facts";
import { Loading, LoadProblem, ProblemAlert } from "../../parts/problem";
import { At } from "../../parts/time";
import { useUnloadWarning } from "../../parts/use-unload-warning";
import { CodeField } from "../../shell/code-field";
import { dropDraft, keepDraft, readDraft } from "../first-run/draft";

/** That the app was shown a secret in this tab, and not what the secret is. */
const BEGUN = "second-factor";

export const secondFactor = {
  queryKey: ["me", "second-factor"],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(api.GET("/api/v1/me/second-factor", { signal })),
};

export function SecondFactor() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const found = useQuery(secondFactor);
  const [setting, setSetting] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [codes, setCodes] = useState<string[]>();
  const make = useMutation({
    mutationFn: () => body(api.POST("/api/v1/me/second-factor/recovery-codes")),
    onSuccess: (made) => {
      setCodes(made.recovery_codes);
      return client.invalidateQueries({ queryKey: ["me"] });
    },
  });
  if (found.error) {
    return <LoadProblem error={found.error} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading lines={2} />;
  const { totp_since: since, recovery_codes_left: left, passkeys, required } = found.data;
  const hasOne = Boolean(since) || passkeys > 0;
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t("pages.secondFactor.about")}
      </Text>
      <Facts
        rows={[
          [
            t("pages.secondFactor.app"),
            since ? <At key="since" value={since} /> : t("pages.secondFactor.none"),
          ],
          ...(hasOne
            ? ([
                [t("pages.secondFactor.codesLeft"), t("pages.secondFactor.count", { count: left })],
              ] as [string, string][])
            : []),
        ]}
      />
      {required && !since && <Alert color="yellow">{t("pages.secondFactor.required")}</Alert>}
      <ProblemAlert error={make.error} />
      <Group>
        <Button variant={since ? "default" : "filled"} onClick={() => setSetting(true)}>
          {since ? t("pages.secondFactor.replace") : t("pages.secondFactor.setUp")}
        </Button>
        {hasOne && (
          <Button variant="default" loading={make.isPending} onClick={() => make.mutate()}>
            {t("pages.secondFactor.newCodes")}
          </Button>
        )}
        {since && !required && (
          <Button variant="subtle" color="red" onClick={() => setRemoving(true)}>
            {t("pages.secondFactor.remove")}
          </Button>
        )}
      </Group>
      {setting && <SetUp onClose={() => setSetting(false)} />}
      {removing && <Remove onClose={() => setRemoving(false)} />}
      {codes && <Codes codes={codes} renewed onClose={() => setCodes(undefined)} />}
    </Stack>
  );
}

/** Secret, first code, recovery codes. */
export function SetUp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [code, setCode] = useState("");
  // No query: a secret is kept in no cache.
  const begun = useMutation({ mutationFn: () => body(api.POST("/api/v1/me/second-factor/totp")) });
  const begin = begun.mutate;
  useEffect(() => begin(), [begin]);
  // Whoever scanned the code of an earlier try has an entry that never works.
  const [wasBegun] = useState(() => readDraft(BEGUN, { at: "" }).at !== "");
  const isTouch = useMediaQuery("(pointer: coarse)");
  const field = useRef<HTMLInputElement>(null);
  const secret = begun.data?.secret;
  useEffect(() => {
    if (!secret) return;
    keepDraft(BEGUN, { at: "begun" });
    field.current?.focus();
  }, [secret]);
  const confirm = useMutation({
    mutationFn: () => body(api.POST("/api/v1/me/second-factor/totp/confirm", { body: { code } })),
    onSuccess: () => dropDraft(BEGUN),
    onError: () => {
      setCode("");
      field.current?.focus();
    },
  });
  if (confirm.data) {
    const done = () => {
      onClose();
      void client.invalidateQueries({ queryKey: ["me"] });
    };
    return <Codes codes={confirm.data.recovery_codes} onClose={done} />;
  }
  const wrong = isProblem(confirm.error, "invalid_input");
  return (
    <Dialog title={t("pages.secondFactor.setUp")} onClose={onClose} closeOnClickOutside={false}>
      {begun.error && <ProblemAlert error={begun.error} onRetry={() => begin()} />}
      {begun.isPending && <Loading lines={4} />}
      {begun.data && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (code.trim()) confirm.mutate();
          }}
        >
          <Stack>
            {wasBegun && <Alert color="yellow">{t("pages.secondFactor.begunBefore")}</Alert>}
            <Text size="sm">{t("pages.secondFactor.scan")}</Text>
            <Picture text={begun.data.url} label={t("pages.secondFactor.picture")} />
            <Text size="sm">{t("pages.secondFactor.type")}</Text>
            <CopyBlock value={begun.data.secret} />
            {isTouch && (
              <Button component="a" href={begun.data.url} variant="default">
                {t("pages.secondFactor.openApp")}
              </Button>
            )}
            <ProblemAlert error={wrong ? null : confirm.error} />
            <CodeField
              description={t("pages.secondFactor.firstCode")}
              inputMode="numeric"
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
              error={wrong ? t("pages.secondFactor.wrong") : undefined}
              ref={field}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={confirm.isPending} disabled={!code.trim()}>
                {t("pages.secondFactor.confirm")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}

/** The secret as a picture that apps read; black on white in either theme. */
function Picture({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 2 });
  const dark = data.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg role="img" aria-label={label} width={200} height={200} viewBox={`0 0 ${size} ${size}`}>
      <rect width={size} height={size} fill="#fff" />
      <path d={dark.join("")} fill="#000" shapeRendering="crispEdges" />
    </svg>
  );
}

interface CodesProps {
  codes: string[];
  /** They take the place of others. */
  renewed?: boolean;
  onClose: () => void;
}

/** Recovery codes, the one time that they are shown. */
export function Codes({ codes, renewed, onClose }: CodesProps) {
  const { t } = useTranslation();
  useUnloadWarning(true);
  const text = codes.join("\n");
  // Made here, so that the codes go nowhere but into the file.
  const file = useMemo(() => {
    const blob = new Blob([`${t("pages.secondFactor.codesFile")}\n\n${text}\n`]);
    return URL.createObjectURL(blob);
  }, [t, text]);
  useEffect(() => () => URL.revokeObjectURL(file), [file]);
  return (
    <Dialog
      title={t("pages.secondFactor.codes")}
      onClose={onClose}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <Alert color="yellow">{t("common.shownOnce")}</Alert>
        <Text size="sm">
          {t("pages.secondFactor.codesAbout")}
          {renewed && ` ${t("pages.secondFactor.codesRenewed")}`}
        </Text>
        <CopyBlock value={text} />
        <Group justify="space-between">
          <Button component="a" href={file} download="sekisho-recovery-codes.txt" variant="default">
            {t("pages.secondFactor.download")}
          </Button>
          <Button onClick={onClose}>{t("common.stored")}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Remove({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/me/second-factor/totp"),
    onSuccess: () => {
      onClose();
      return client.invalidateQueries({ queryKey: ["me"] });
    },
  });
  return (
    <Dialog title={t("pages.secondFactor.remove")} onClose={onClose}>
      <Stack>
        <ProblemAlert error={remove.error} />
        <List size="sm">
          <List.Item>{t("pages.secondFactor.removeFirst")}</List.Item>
          <List.Item>{t("pages.secondFactor.removeCodes")}</List.Item>
        </List>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("common.cancel")}
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            {t("pages.secondFactor.remove")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
