//! A second factor is missing: one's role needs one and there is none yet, or the
//! provider one signed in with did not ask for it. Nothing else can be done before.
import { Button, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { ask } from "../api/proof";
import { SetUp, secondFactor } from "../features/me/second-factor";
import { Loading, LoadProblem } from "../parts/problem";
import { Outside } from "./outside";
import { ProofDialog } from "./proof-dialog";

export function NeedsSecondFactor() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [setting, setSetting] = useState(false);
  const found = useQuery(secondFactor);
  const signOut = async () => {
    await api.DELETE("/api/v1/session").catch(() => undefined);
    client.clear();
    await navigate({ to: "/login" });
  };
  if (found.error) {
    return <LoadProblem error={found.error} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading />;
  const ways = [
    ...(found.data.totp_since ? ["totp"] : []),
    ...(found.data.passkeys > 0 ? ["passkey"] : []),
  ];
  const give = async () => {
    if (await ask(ways)) await client.invalidateQueries();
  };
  const there = ways.length > 0;
  return (
    <Outside title={t(`pages.secondFactor.${there ? "giveTitle" : "requiredTitle"}`)}>
      <Stack>
        <Text>{t(`pages.secondFactor.${there ? "giveExplain" : "requiredExplain"}`)}</Text>
        {there ? (
          <Button onClick={() => void give()}>{t("pages.secondFactor.give")}</Button>
        ) : (
          <Button onClick={() => setSetting(true)}>{t("pages.secondFactor.setUp")}</Button>
        )}
        <Button variant="subtle" onClick={() => void signOut()}>
          {t("shell.user.signOut")}
        </Button>
      </Stack>
      {setting && <SetUp onClose={() => setSetting(false)} />}
      <ProofDialog />
    </Outside>
  );
}
