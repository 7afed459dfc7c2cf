//! The session ended under an open page: sign in again, and go on.
import { Anchor, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { sessionRenewed, useSessionEnded } from "../api/session";

// Seldom needed, so it is not part of the first load.
const SignInForm = lazy(async () => ({ default: (await import("./sign-in-form")).SignInForm }));

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
        <Suspense>
          <SignInForm
            name={name}
            onDone={() => {
              sessionRenewed();
              void client.invalidateQueries();
            }}
          />
        </Suspense>
        <Anchor href="/login" size="sm">
          {t("shell.session.other")}
        </Anchor>
      </Stack>
    </Modal>
  );
}
