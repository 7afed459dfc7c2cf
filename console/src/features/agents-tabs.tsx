//! Agents and the keys that admit them: two pages under one entry of the rail.
import { Tabs } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

export function AgentsTabs({ at }: { at: "/agents" | "/agents/keys" }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <Tabs value={at} onChange={(to) => to && void navigate({ to })} mb="md">
      <Tabs.List aria-label={t("pages.agents.title")}>
        <Tabs.Tab value="/agents">{t("pages.agents.tabs.list")}</Tabs.Tab>
        <Tabs.Tab value="/agents/keys">{t("pages.agents.tabs.keys")}</Tabs.Tab>
      </Tabs.List>
    </Tabs>
  );
}
