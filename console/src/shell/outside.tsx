//! Pages before the sign-in.
import { Box, Button, Center, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { publicSystem } from "../api/queries";
import { changeLanguage, currentLanguage, LANGUAGES } from "../i18n";
import icon from "../icon.svg";
import { problemText } from "../parts/problem";

interface Props {
  title: string;
  /** What stands between the product and the title. */
  above?: ReactNode;
  /** In pixels. */
  width?: number;
  children: ReactNode;
}

export function Outside({ title, above, width = 400, children }: Props) {
  const { t } = useTranslation();
  const site = useQuery(publicSystem);
  useEffect(() => {
    document.title = `${title} · ${t("shell.product")}`;
  }, [title, t]);
  return (
    <Center mih="100dvh" p="md" component="main">
      <Stack w="100%" maw={width} gap="md">
        <Group gap="sm" justify="center">
          <img src={icon} alt="" width={44} height={44} />
          <Box>
            <Text fw={700} size="xl" lh={1.15}>
              {t("shell.product")}
            </Text>
            <Text size="sm" c="dimmed">
              {t("pages.signIn.welcome")}
            </Text>
          </Box>
        </Group>
        {above}
        <Paper withBorder p="lg" radius="lg" shadow="xs">
          <Title order={1} size="h3" mb="md">
            {title}
          </Title>
          {site.error ? <Text role="alert">{problemText(t, site.error)}</Text> : children}
        </Paper>
        <Group justify="space-between">
          <Text size="xs" c="dimmed">
            {site.data ? t("shell.footer.version", { version: site.data.version }) : ""}
          </Text>
          <Group gap={4} role="group" aria-label={t("shell.language.label")}>
            {LANGUAGES.map((language) => (
              <Button
                key={language}
                lang={language}
                size="compact-xs"
                variant={currentLanguage() === language ? "light" : "subtle"}
                aria-pressed={currentLanguage() === language}
                onClick={() => void changeLanguage(language)}
              >
                {t(`shell.language.${language}`)}
              </Button>
            ))}
          </Group>
        </Group>
      </Stack>
    </Center>
  );
}
