//! One's role needs a second factor, and there is none yet: nothing else can be
//! done before.
import { Button, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { SetUp } from "../features/me/second-factor";
import { Outside } from "./outside";
import { ProofDialog } from "./proof-dialog";

export function NeedsSecondFactor() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [setting, setSetting] = useState(false);
  const signOut = async () => {
    await api.DELETE("/api/v1/session").catch(() => undefined);
    client.clear();
    await navigate({ to: "/login" });
  };
  return (
    <Outside title={t("pages.secondFactor.requiredTitle")}>
      <Stack>
        <Text>{t("pages.secondFactor.requiredExplain")}</Text>
        <Button onClick={() => setSetting(true)}>{t("pages.secondFactor.setUp")}</Button>
        <Button variant="subtle" onClick={() => void signOut()}>
          {t("shell.user.signOut")}
        </Button>
      </Stack>
      {setting && <SetUp onClose={() => setSetting(false)} />}
      <ProofDialog />
    </Outside>
  );
}
