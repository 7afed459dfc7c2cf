//! The recovery key, asked back. It was printed when the site was made, and the
//! server does not have it: so it is not shown here, and it is not sent either.
import { Alert, Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { isProblem } from "../../api/problem";
import { CopyBlock } from "../../parts/copy";
import { Loading, LoadProblem, ProblemAlert } from "../../parts/problem";
import { At } from "../../parts/time";
import { fromBase64Url, idOf, NotAKey, prove, readKey, toBase64Url, Unable } from "./recovery-key";

const QUERY = {
  queryKey: ["system", "recovery-key"],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(api.GET("/api/v1/system/recovery-key", { signal })),
};

export function RecoveryStep() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const found = useQuery(QUERY);
  const [typed, setTyped] = useState("");
  // Of the key that was sent to be judged, not of what is typed since.
  const [typedId, setTypedId] = useState("");
  const show = useMutation({
    mutationFn: async () => {
      const key = await readKey(typed);
      const asked = await body(api.POST("/api/v1/system/recovery-key/challenge"));
      const proof = toBase64Url(await prove(key, fromBase64Url(asked.enc)));
      setTypedId(await idOf(key));
      key.fill(0);
      return body(
        api.POST("/api/v1/system/recovery-key/proof", {
          body: { challenge: asked.challenge, proof },
        }),
      );
    },
    onSuccess: async (shown) => {
      setTyped("");
      client.setQueryData(QUERY.queryKey, shown);
      await client.invalidateQueries({ queryKey: ["overview"] });
    },
  });
  if (found.error && !found.data) {
    return <LoadProblem error={found.error} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading lines={3} />;
  const { kid, proved_at: at, proved_by: by } = found.data;
  const wrong = show.error instanceof NotAKey ? show.error : undefined;
  const other = isProblem(show.error, "invalid_input");
  const unable = show.error instanceof Unable;
  const fault = wrong
    ? t(`pages.firstRun.recovery.wrong.${wrong.why}`)
    : other && t("pages.firstRun.recovery.wrong.other", { kid, typed: typedId });
  return (
    <Stack>
      <Text>{t("pages.firstRun.recovery.about")}</Text>
      <Text>{t("pages.firstRun.recovery.notHere")}</Text>
      {at && (
        <Alert
          color="teal"
          role="status"
          icon={<IconCheck aria-hidden="true" />}
          title={t("pages.firstRun.recovery.proved", { name: by?.name ?? "" })}
        >
          <At value={at} />
        </Alert>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim()) show.mutate();
        }}
      >
        <Stack align="flex-start">
          <ProblemAlert error={wrong || other || unable ? null : show.error} />
          <PasswordInput
            w="100%"
            label={t("pages.firstRun.recovery.key")}
            description={t("pages.firstRun.recovery.keyHint", { kid })}
            autoComplete="off"
            spellCheck={false}
            classNames={{ innerInput: "mono" }}
            visibilityToggleFocusable
            visibilityToggleButtonProps={{ "aria-label": t("pages.signIn.show") }}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            error={fault || undefined}
          />
          {unable && (
            <Alert color="yellow" role="alert" title={t("pages.firstRun.recovery.unable")} w="100%">
              <CopyBlock value="sekisho recovery-key prove" />
            </Alert>
          )}
          <Button type="submit" loading={show.isPending} disabled={!typed.trim()}>
            {at ? t("pages.firstRun.recovery.again") : t("pages.firstRun.recovery.submit")}
          </Button>
        </Stack>
      </form>
      <details>
        <summary>
          <Text span size="sm">
            {t("pages.firstRun.recovery.lost")}
          </Text>
        </summary>
        <Group mt="xs">
          <Text size="sm">{t("pages.firstRun.recovery.lostExplain")}</Text>
        </Group>
      </details>
    </Stack>
  );
}
