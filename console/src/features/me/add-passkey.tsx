//! Registering a passkey.
import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Declined, registerPasskey } from "../../api/passkey";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { Codes } from "./second-factor";

export function AddPasskey({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  // The browser asks outside of this page: it has to be told that nobody waits any more.
  const [asking] = useState(() => new AbortController());
  useEffect(() => () => asking.abort(), [asking]);
  const close = () => {
    asking.abort();
    onClose();
  };
  const add = useMutation({
    mutationFn: () => registerPasskey(name.trim(), asking.signal),
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
    <Dialog title={t("pages.passkeys.add")} onClose={close} closeOnClickOutside={!add.isPending}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) add.mutate();
        }}
      >
        <Stack>
          <Text size="sm" role="status">
            {add.isPending ? t("pages.passkeys.waiting") : t("pages.passkeys.addExplain")}
          </Text>
          {declined && <Alert color="gray">{t("pages.passkeys.declined")}</Alert>}
          <ProblemAlert error={declined ? null : add.error} />
          <TextInput
            label={t("pages.passkeys.name")}
            description={t("pages.passkeys.nameHint")}
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={add.isPending} disabled={!name.trim()}>
              {t("pages.passkeys.add")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
