//! Gateways, offices and what holds for all of them, as they are read.
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "../../api/client";

export type Gateway = Schemas["GatewayView"];
export type GatewayStatus = NonNullable<Gateway["status"]>;
export type GatewaySettings = Schemas["GatewaySettingsView"];
export type Limits = Schemas["LimitsView"];
export type Office = Schemas["OfficeView"];

/** A gateway says how it is so often; that is no event of which the server tells. */
export const TOLD_EVERY_MS = 10_000;

/** Why it does not connect is no event either. */
const SOON_MS = 2_000;

/** `soon`: somebody waits for its connection. */
export const gateway = (id: string, soon = false) =>
  queryOptions({
    queryKey: ["gateways", "one", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/gateways/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (soon && !state.data?.connected ? SOON_MS : TOLD_EVERY_MS),
  });

/** Those that count, for choosing among them. */
export const gateways = queryOptions({
  queryKey: ["gateways", "active"],
  queryFn: ({ signal }) =>
    body(
      api.GET("/api/v1/gateways", {
        params: { query: { state: "active", limit: 200 } },
        signal,
      }),
    ),
  staleTime: 30_000,
});

export const gatewaySettings = queryOptions({
  queryKey: ["gateways", "settings"],
  queryFn: ({ signal }) => body(api.GET("/api/v1/gateway-settings", { signal })),
  staleTime: 30_000,
});

/** What the gateway's names lead to; asked for anew only when somebody wants it. */
export const gatewayNames = (id: string) =>
  queryOptions({
    queryKey: ["gateways", "names", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/gateways/{id}/names", { params: { path: { id } }, signal })),
    staleTime: 60_000,
  });

export const office = (id: string) =>
  queryOptions({
    queryKey: ["offices", "one", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/offices/{id}", { params: { path: { id } }, signal })),
    refetchInterval: 60_000,
  });
