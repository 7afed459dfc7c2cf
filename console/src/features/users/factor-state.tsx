//! With what somebody signs in beside their password.
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";

export function FactorState({ user }: { user: string }) {
  const { t } = useTranslation();
  const factor = useQuery({
    queryKey: ["users", "second-factor", user],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/users/{id}/second-factor", { params: { path: { id: user } }, signal })),
  });
  if (!factor.data) return null;
  const { totp_since: app, passkeys, recovery_codes_left: codes, required } = factor.data;
  const has = [
    app && t("pages.secondFactor.app"),
    passkeys > 0 && t("pages.users.passkeys", { count: passkeys }),
    codes > 0 && t("pages.users.codes", { count: codes }),
  ].filter(Boolean);
  return (
    <div>
      <Text size="sm" fw={500}>
        {t("pages.secondFactor.title")}
      </Text>
      <Text size="sm">{has.length > 0 ? has.join(" · ") : t("pages.secondFactor.none")}</Text>
      {required && has.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("pages.users.factorMissing")}
        </Text>
      )}
    </div>
  );
}
