//! Registering a passkey.
import { Alert, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Declined, registerPasskey } from "../../api/passkey";
import { ProblemAlert } from "../../parts/problem";
import { PasskeyName } from "./passkey-name";
import { Codes } from "./second-factor";

export function AddPasskey({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  // The browser asks outside of this page: it has to be told that nobody waits any more.
  const [asking] = useState(() => new AbortController());
  useEffect(() => () => asking.abort(), [asking]);
  const close = () => {
    asking.abort();
    onClose();
  };
  const add = useMutation({
    mutationFn: (name: string) => registerPasskey(name, asking.signal),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ["passkeys"] });
      void client.invalidateQueries({ queryKey: ["me"] });
      if (!made.recovery_codes) {
        notifications.show({ color: "teal", message: t("pages.passkeys.added") });
        onClose();
      }
    },
  });
  const codes = add.data?.recovery_codes;
  if (codes) return <Codes codes={codes} onClose={onClose} />;
  const declined = add.error instanceof Declined;
  return (
    <PasskeyName
      action={t("pages.passkeys.add")}
      name=""
      hint={t("pages.passkeys.nameHint")}
      pending={add.isPending}
      onName={(name) => add.mutate(name)}
      onClose={close}
    >
      <Text size="sm" role="status">
        {add.isPending ? t("pages.passkeys.waiting") : t("pages.passkeys.addExplain")}
      </Text>
      {declined && <Alert color="gray">{t("pages.passkeys.declined")}</Alert>}
      <ProblemAlert error={declined ? null : add.error} />
    </PasskeyName>
  );
}
