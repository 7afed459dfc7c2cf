import { useQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { me as meQuery } from "../../api/queries";
import { AuditState } from "../../features/settings/audit-state";
import { FileSettings } from "../../features/settings/file-settings";
import { KeysState } from "../../features/settings/keys-state";
import { ServerState } from "../../features/settings/server-state";
import { SignInRules } from "../../features/settings/sign-in-rules";
import { PageHead } from "../../parts/page";
import { PageTabs, type Tab } from "../../parts/tabs";
import { may } from "../../shell/nav";
import type { Request } from "../../shell/twin";
import { readListSearch } from "../../table/search";

export const Route = createFileRoute("/_app/settings")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, []),
  component: Settings,
});

function Settings() {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery);
  const sees = may(me, "view_system");
  const rules = may(me, "manage_users");
  const tab = (id: "server" | "signIn" | "keys" | "audit" | "file", content: Tab["content"]) => ({
    id: id === "signIn" ? "sign-in" : id,
    label: t(`pages.settings.tabs.${id}`),
    content,
  });
  const tabs = [
    sees && tab("server", () => <ServerState />),
    rules && tab("signIn", () => <SignInRules />),
    sees && tab("keys", () => <KeysState />),
    sees && tab("audit", () => <AuditState witnesses={may(me, "view_audit")} />),
    sees && tab("file", () => <FileSettings />),
  ].filter((one) => one !== false);
  const get = (path: string): Request => ({ method: "GET", path });
  return (
    <>
      <PageHead
        title={t("pages.settings.title")}
        about={t("pages.settings.about")}
        twin={{
          requests: [
            ...(sees
              ? [
                  "/system",
                  "/system/settings",
                  "/system/certificate",
                  "/system/vault",
                  "/system/keys",
                  "/witness/sites",
                ].map(get)
              : []),
            ...(rules
              ? [
                  get("/sign-in/rules"),
                  {
                    method: "PUT" as const,
                    path: "/sign-in/rules",
                    body: { second_factor_roles: ["super_administrator", "administrator"] },
                  },
                ]
              : []),
          ],
          commands: [
            ...(sees
              ? [
                  "sekisho status",
                  "sekisho settings",
                  "sekisho certificate show",
                  "sekisho-server check-config",
                ]
              : []),
            ...(rules
              ? [
                  "sekisho second-factor rules",
                  "sekisho second-factor require super_administrator administrator",
                ]
              : []),
          ],
        }}
      />
      <PageTabs label={t("pages.settings.title")} tabs={tabs} />
    </>
  );
}
