//! Which pages stand together under one entry of the rail.
import { useTranslation } from "react-i18next";
import { Siblings } from "../parts/siblings";

/** Agents and the keys that admit them. */
export function AgentsTabs({ at }: { at: "/agents" | "/agents/keys" }) {
  const { t } = useTranslation();
  return (
    <Siblings
      label={t("pages.agents.title")}
      at={at}
      pages={[
        ["/agents", t("pages.agents.tabs.list")],
        ["/agents/keys", t("pages.agents.tabs.keys")],
      ]}
    />
  );
}

/** Resources and their groups. */
export function ResourcesTabs({ at }: { at: "/resources" | "/resources/groups" }) {
  const { t } = useTranslation();
  return (
    <Siblings
      label={t("pages.resources.title")}
      at={at}
      pages={[
        ["/resources", t("pages.resources.title")],
        ["/resources/groups", t("pages.groups.title")],
      ]}
    />
  );
}

/** Users and their groups. */
export function UsersTabs({ at }: { at: "/users" | "/users/groups" }) {
  const { t } = useTranslation();
  return (
    <Siblings
      label={t("pages.users.title")}
      at={at}
      pages={[
        ["/users", t("pages.users.title")],
        ["/users/groups", t("pages.userGroups.title")],
      ]}
    />
  );
}

/** Gateways, offices, and what holds for all of them. */
export function GatewaysTabs({
  at,
}: {
  at: "/gateways" | "/gateways/offices" | "/gateways/settings";
}) {
  const { t } = useTranslation();
  return (
    <Siblings
      label={t("pages.gateways.title")}
      at={at}
      pages={[
        ["/gateways", t("pages.gateways.tabs.list")],
        ["/gateways/offices", t("pages.gateways.tabs.offices")],
        ["/gateways/settings", t("pages.gateways.tabs.settings")],
      ]}
    />
  );
}
