//! What concerns every page: no network, no server, recovery.
import { Alert } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconPlugConnectedX, IconShieldExclamation } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isRefreshed, useLiveState } from "../api/live";
import { isProblem } from "../api/problem";
import { publicSystem, system } from "../api/queries";

const TRY_EVERY = 4_000;

/** Whether the server answers: seen from the calls that are made anyway. */
function useReachable(): boolean {
  const client = useQueryClient();
  const [reachable, setReachable] = useState(true);
  useEffect(
    () =>
      client.getQueryCache().subscribe((event) => {
        if (event.type !== "updated") return;
        if (event.action.type === "error" && isProblem(event.action.error, "unreachable")) {
          setReachable(false);
        } else if (event.action.type === "success") {
          setReachable(true);
        }
      }),
    [client],
  );
  useEffect(() => {
    if (reachable) return;
    const timer = setInterval(() => {
      client
        .fetchQuery({ ...publicSystem, staleTime: 0, retry: false })
        .then(() => client.invalidateQueries({ predicate: isRefreshed }))
        .catch(() => {});
    }, TRY_EVERY);
    return () => clearInterval(timer);
  }, [reachable, client]);
  return reachable;
}

export function Banners({ seesSystem }: { seesSystem: boolean }) {
  const { t } = useTranslation();
  const { online } = useNetwork();
  const reachable = useReachable();
  const isOld = useLiveState() === "down";
  const state = useQuery({ ...system, enabled: seesSystem });
  return (
    <div aria-live="polite">
      {(!online || !reachable) && (
        <Alert
          color="yellow"
          mb="md"
          icon={<IconPlugConnectedX aria-hidden="true" />}
          title={online ? t("shell.offline.server") : t("shell.offline.browser")}
        />
      )}
      {online && reachable && isOld && (
        <Alert
          color="yellow"
          mb="md"
          icon={<IconPlugConnectedX aria-hidden="true" />}
          title={t("shell.offline.live")}
        />
      )}
      {state.data?.recovery && (
        <Alert
          color="red"
          mb="md"
          icon={<IconShieldExclamation aria-hidden="true" />}
          title={t("shell.recovery")}
        />
      )}
    </div>
  );
}
