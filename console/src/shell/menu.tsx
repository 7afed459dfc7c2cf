//! The user's menu: appearance, language, signing out.
import { Avatar, Menu, Text, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import {
  IconCheck,
  IconDeviceLaptop,
  IconLogout,
  IconMoon,
  IconSun,
  IconUserCircle,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Me } from "../api/client";
import { changeLanguage, currentLanguage, LANGUAGES } from "../i18n";

const SCHEMES = [
  ["auto", IconDeviceLaptop],
  ["light", IconSun],
  ["dark", IconMoon],
] as const;

export function UserMenu({ me, onSignOut }: { me: Me; onSignOut: () => void }) {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const check = <IconCheck size={15} aria-hidden="true" />;
  return (
    <Menu position="bottom-end" width={240} withArrow>
      <Menu.Target>
        <UnstyledButton aria-label={t("shell.user.menu")} style={{ borderRadius: 999 }}>
          <Avatar size={32} color="indigo" name={me.user.display_name} alt="">
            {[...me.user.display_name][0]?.toUpperCase()}
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="xs" inherit>
            {t("shell.user.signedInAs", { name: me.user.display_name })}
          </Text>
        </Menu.Label>
        <Menu.Item
          component={Link}
          to="/me"
          leftSection={<IconUserCircle size={16} aria-hidden="true" />}
        >
          {t("shell.nav.me")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("shell.theme.label")}</Menu.Label>
        {SCHEMES.map(([scheme, Icon]) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={colorScheme === scheme}
            leftSection={<Icon size={16} aria-hidden="true" />}
            rightSection={colorScheme === scheme ? check : null}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`shell.theme.${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t("shell.language.label")}</Menu.Label>
        {LANGUAGES.map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            role="menuitemradio"
            aria-checked={currentLanguage() === language}
            rightSection={currentLanguage() === language ? check : null}
            onClick={() => void changeLanguage(language)}
          >
            {t(`shell.language.${language}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden="true" />} onClick={onSignOut}>
          {t("shell.user.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
