//! The session ended under an open page: sign in again, and go on.
import { Anchor, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { sessionRenewed, useSessionEnded } from "../api/session";
import { SignInForm } from "./sign-in-form";

export function SessionDialog({ name }: { name: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const ended = useSessionEnded();
  return (
    <Modal
      opened={ended}
      onClose={() => {}}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title={t("shell.session.title")}
      zIndex={400}
    >
      <Stack>
        <Text size="sm">{t("shell.session.explain")}</Text>
        <SignInForm
          name={name}
          onDone={() => {
            sessionRenewed();
            void client.invalidateQueries();
          }}
        />
        <Anchor href="/login" size="sm">
          {t("shell.session.other")}
        </Anchor>
      </Stack>
    </Modal>
  );
}
