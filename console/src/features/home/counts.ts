//! What Home shows: the server's numbers, and one's newest tasks.
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Me } from "../../api/client";
import { lookAgain } from "../../api/live";
import { may } from "../../shell/nav";

/** So many of the newest tasks are shown. */
const RECENT = 6;

/** Numbers that the server counts no further than this have a plus. */
const COUNTED_TO = 10_000;

export const overview = (me: Me) =>
  queryOptions({
    queryKey: ["overview", me.user.id],
    refetchInterval: lookAgain,
    queryFn: async ({ signal }) => {
      const query = { mine: true, limit: RECENT };
      const [counts, recent] = await Promise.all([
        body(api.GET("/api/v1/overview", { signal })),
        may(me, "view_resources")
          ? body(api.GET("/api/v1/orders", { params: { query }, signal }))
          : undefined,
      ]);
      return { ...counts, recent: recent?.items ?? [] };
    },
  });

export const counted = (value: number) => `${value}${value >= COUNTED_TO ? "+" : ""}`;
