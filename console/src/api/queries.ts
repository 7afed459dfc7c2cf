//! What is read from the server, by the name under which it is kept.
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";
import { lookAgain, lookSoon } from "./live";
import { isProblem } from "./problem";

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The server says so itself when it cannot be reached.
        networkMode: "always",
        staleTime: 5_000,
        retry: (count, error) => isProblem(error) && error.passing && count < 2,
        retryDelay: (count) => 500 * 2 ** count,
      },
      mutations: { networkMode: "always", retry: false, gcTime: 0 },
    },
  });
}

export const publicSystem = queryOptions({
  queryKey: ["system", "public"],
  queryFn: ({ signal }) => body(api.GET("/api/v1/system/public", { signal })),
  staleTime: 60_000,
});

export const system = queryOptions({
  queryKey: ["system"],
  queryFn: ({ signal }) => body(api.GET("/api/v1/system", { signal })),
  refetchInterval: 60_000,
});

export const settings = queryOptions({
  queryKey: ["system", "settings"],
  queryFn: ({ signal }) => body(api.GET("/api/v1/system/settings", { signal })),
  staleTime: 300_000,
});

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => body(api.GET("/api/v1/me", { signal })),
  staleTime: 60_000,
});

export const account = (id: string) =>
  queryOptions({
    queryKey: ["accounts", "one", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/accounts/{id}", { params: { path: { id } }, signal })),
    refetchInterval: lookAgain,
  });

export const resource = (id: string) =>
  queryOptions({
    queryKey: ["resources", "one", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/resources/{id}", { params: { path: { id } }, signal })),
    refetchInterval: lookAgain,
  });

export const notificationCounts = queryOptions({
  queryKey: ["notifications", "counts"],
  queryFn: ({ signal }) => body(api.GET("/api/v1/notifications/counts", { signal })),
  refetchInterval: lookAgain,
});

export const policies = queryOptions({
  queryKey: ["policies", "all"],
  queryFn: ({ signal }) =>
    body(api.GET("/api/v1/password-policies", { params: { query: { limit: 200 } }, signal })),
  staleTime: 60_000,
});

/** The groups of resources one sees, for choosing among them. */
export const groups = queryOptions({
  queryKey: ["groups", "all"],
  queryFn: ({ signal }) =>
    body(api.GET("/api/v1/resource-groups", { params: { query: { limit: 200 } }, signal })),
  staleTime: 60_000,
});

export const group = (id: string) =>
  queryOptions({
    queryKey: ["groups", "one", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/resource-groups/{id}", { params: { path: { id } }, signal })),
    refetchInterval: lookAgain,
  });

export const userGroup = (id: string) =>
  queryOptions({
    queryKey: ["user-groups", "one", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/user-groups/{id}", { params: { path: { id } }, signal })),
    refetchInterval: lookAgain,
  });

export const roles = queryOptions({
  queryKey: ["roles"],
  queryFn: ({ signal }) => body(api.GET("/api/v1/roles", { signal })),
  staleTime: 60_000,
});

/** The views of lists that one saved, then those that others share. */
export const views = queryOptions({
  queryKey: ["views"],
  queryFn: ({ signal }) => body(api.GET("/api/v1/me/views", { signal })),
  staleTime: 60_000,
});

export const permissions = queryOptions({
  queryKey: ["permissions"],
  queryFn: ({ signal }) => body(api.GET("/api/v1/permissions", { signal })),
  staleTime: 300_000,
});

/** An order, asked for again until it is finished. */
export const order = (id: string) =>
  queryOptions({
    queryKey: ["orders", "one", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/orders/{id}", { params: { path: { id } }, signal })),
    refetchInterval: (query) => (isFinished(query.state.data?.state) ? false : lookSoon()),
    staleTime: 0,
  });

const FINISHED = ["committed", "not_applied", "out_of_sync", "cancelled", "expired"];

export function isFinished(state: string | undefined): boolean {
  return state !== undefined && FINISHED.includes(state);
}
