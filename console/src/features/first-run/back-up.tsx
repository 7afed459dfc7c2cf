//! What comes after the last step: a backup.
import { Alert, Anchor, Stack, Text } from "@mantine/core";
import { IconCheck, IconDatabaseExport } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { system } from "../../api/queries";
import { CopyBlock } from "../../parts/copy";
import { BACKUP_COMMAND } from "../settings/backup";

export function BackUp() {
  const { t } = useTranslation();
  const { data } = useQuery(system);
  if (!data) return null;
  if (data.last_backup_at) {
    return (
      <Alert
        mt="md"
        maw={860}
        color="teal"
        icon={<IconCheck aria-hidden="true" />}
        title={t("pages.firstRun.backup.done")}
      />
    );
  }
  return (
    <Alert
      mt="md"
      maw={860}
      color="indigo"
      icon={<IconDatabaseExport aria-hidden="true" />}
      title={t("pages.firstRun.backup.title")}
    >
      <Stack gap="xs">
        <Text size="sm">{t("pages.firstRun.backup.about")}</Text>
        <CopyBlock value={BACKUP_COMMAND} label={t("pages.firstRun.agent.copyCommand")} />
        <Anchor
          component={Link}
          to="/settings"
          hash="backup"
          size="sm"
          c="inherit"
          underline="always"
        >
          {t("pages.firstRun.backup.more")}
        </Anchor>
      </Stack>
    </Alert>
  );
}
