//! The head of a page, and its twin in API and command line.
import { Box, Group, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { type Twin, useTwin } from "../shell/twin";

interface Props {
  title: string;
  /** What stands in the browser's title when the heading is a name. */
  about?: string;
  badges?: ReactNode;
  actions?: ReactNode;
  above?: ReactNode;
  twin?: Twin;
}

export function PageHead({ title, about, badges, actions, above, twin }: Props) {
  const { t } = useTranslation();
  useTwin(twin);
  useEffect(() => {
    document.title = `${title} · ${t("shell.product")}`;
  }, [title, t]);
  return (
    <Box mb="md">
      {above}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Box style={{ minWidth: 0 }}>
          <Group gap="sm">
            <Title order={1} size="h2">
              <bdi>{title}</bdi>
            </Title>
            {badges}
          </Group>
          {about && (
            <Text c="dimmed" size="sm" mt={2}>
              {about}
            </Text>
          )}
        </Box>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
    </Box>
  );
}
