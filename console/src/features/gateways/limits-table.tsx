//! Limits to read: group by group, with the default beside what differs from it.
import { Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { number } from "../../i18n/format";
import { Facts } from "../../parts/facts";
import { different, GROUPS, type GroupName, type LimitName, limitText, type Words } from "./limits";
import type { Limits } from "./queries";

export function useLimitWords(): Words {
  const { t } = useTranslation();
  return {
    number,
    rate: (rate, burst) => t("pages.gateways.limits.rateText", { rate, burst }),
    seconds: (count) => t("pages.gateways.limits.seconds", { count }),
    mib: t("pages.gateways.limits.mib"),
    never: t("pages.gateways.limits.never"),
  };
}

/** What is said beside some of them. */
const HINTS = ["connections_per_address", "relayed_in_flight", "ban_after"] as const;
export const hinted = (name: LimitName) => HINTS.find((one) => one === name);

export function LimitsTable({ limits, usual }: { limits: Limits; usual: Limits }) {
  const { t } = useTranslation();
  const words = useLimitWords();
  const changed = different(limits, usual);
  return (
    <Stack gap="md">
      {(Object.keys(GROUPS) as GroupName[]).map((group) => (
        <section key={group}>
          <Title order={3} size="h5">
            {t(`pages.gateways.limits.groups.${group}`)}
          </Title>
          <Facts
            rows={GROUPS[group].map((name) => [
              t(`pages.gateways.limits.fields.${name}`),
              <span key={name}>
                {limitText(limits, name, words)}
                {changed.includes(name) && (
                  <Text span size="sm" c="dimmed" ms="xs">
                    {t("pages.gateways.limits.usualValue", {
                      value: limitText(usual, name, words),
                    })}
                  </Text>
                )}
              </span>,
            ])}
          />
        </section>
      ))}
    </Stack>
  );
}
