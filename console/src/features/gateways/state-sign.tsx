//! The state of a gateway, and what is to be looked at, as marks.
import { Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Sign, type Tone } from "../../parts/words";
import type { Gateway } from "./queries";
import { type GatewayState, problemCount, stateOf } from "./state";

const TONES: Record<GatewayState, Tone> = {
  connected: "good",
  lost: "bad",
  fresh: "busy",
  revoked: "quiet",
};

export function StateSign({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  const state = stateOf(gateway);
  return (
    <Sign tone={TONES[state]} help={t(`pages.gateways.stateHelp.${state}`)}>
      {t(`pages.gateways.states.${state}`)}
    </Sign>
  );
}

/** Who dials; the classic direction is marked, because it opens a port. */
export function DirectionSign({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  const classic = gateway.direction === "gateway_dials";
  return (
    <Group gap={6} component="span">
      <span>{t(`pages.gateways.directions.${classic ? "gateway_dials" : "server_dials"}`)}</span>
      {classic && <Sign tone="warn">{t("pages.gateways.opensPort")}</Sign>}
    </Group>
  );
}

export function ProblemSign({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  const count = problemCount(gateway);
  if (count === 0) return <>{t("pages.gateways.noProblems")}</>;
  return <Sign tone="warn">{t("pages.gateways.problemCount", { count })}</Sign>;
}
