//! The numbers on Home, counted from lists until the server counts them.
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Me, type Order } from "../../api/client";
import { lookAgain } from "../../api/live";
import { may } from "../../shell/nav";
import { everything } from "../../table/all";

/** A number, and whether there are more than were counted. */
export interface Count {
  value: number;
  more: boolean;
}

const MOST = 200;

export const overview = (me: Me) =>
  queryOptions({
    queryKey: ["overview", me.user.id],
    refetchInterval: lookAgain,
    queryFn: async ({ signal }) => {
      const limit = MOST;
      const sees = may(me, "view_resources");
      const [pending, agents, resources, open, recent, keys] = await Promise.all([
        may(me, "manage_devices")
          ? body(
              api.GET("/api/v1/devices", {
                params: { query: { state: "pending", limit } },
                signal,
              }),
            )
          : undefined,
        may(me, "download_agent")
          ? body(api.GET("/api/v1/agents", { params: { query: { limit } }, signal }))
          : undefined,
        sees
          ? everything(
              (query, s) => body(api.GET("/api/v1/resources", { params: { query }, signal: s })),
              { most: 2_000, signal },
            ).catch(() => undefined)
          : undefined,
        sees
          ? body(
              api.GET("/api/v1/orders", {
                params: { query: { mine: true, state: "open", limit } },
                signal,
              }),
            )
          : undefined,
        sees
          ? body(
              api.GET("/api/v1/orders", { params: { query: { mine: true, limit: 50 } }, signal }),
            )
          : undefined,
        may(me, "download_agent")
          ? body(api.GET("/api/v1/enrolment-keys", { params: { query: { limit: 1 } }, signal }))
          : undefined,
      ]);
      const counted = (page: { items: unknown[]; next?: string | null } | undefined): Count => ({
        value: page?.items.length ?? 0,
        more: Boolean(page?.next),
      });
      const inactive = (agents?.items ?? []).filter(
        (agent) => agent.state === "approved" && !agent.active,
      );
      const sum = (
        pick: (counts: { total: number; known: number; out_of_sync: number }) => number,
      ) => (resources ?? []).reduce((all, { accounts }) => all + pick(accounts), 0);
      return {
        pending: counted(pending),
        inactive: { value: inactive.length, more: Boolean(agents?.next) },
        outOfSync: sum((counts) => counts.out_of_sync),
        accounts: sum((counts) => counts.total),
        known: sum((counts) => counts.known),
        open: counted(open),
        recent: recent?.items ?? [],
        failed: (recent?.items ?? []).filter(hasFailed).length,
        hasKey: (keys?.items.length ?? 0) > 0,
        hasAgent: (agents?.items ?? []).some((agent) => agent.state === "approved"),
      };
    },
  });

export function hasFailed(order: Order): boolean {
  return ["not_applied", "out_of_sync", "expired", "indeterminate"].includes(order.state);
}
