//! Something is shown that is never shown again: whoever leaves is asked first.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Dialog } from "../../parts/dialog";

interface Props {
  /** What is lost, and what one can do then. */
  lost: string;
}

/** As long as it is drawn, leaving the page needs a second word. */
export function AskBeforeLeaving({ lost }: Props) {
  const { t } = useTranslation();
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: () => true,
    enableBeforeUnload: true,
    withResolver: true,
  });
  if (status !== "blocked") return null;
  return (
    <Dialog title={t("pages.firstRun.agent.leaveTitle")} onClose={reset}>
      <Stack>
        <Text>{lost}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={proceed}>
            {t("pages.firstRun.agent.leave")}
          </Button>
          <Button onClick={reset} data-autofocus>
            {t("pages.firstRun.agent.stay")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
