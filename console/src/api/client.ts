//! Calls of the REST API. Types come from the server's own document.
import createClient, { type Middleware } from "openapi-fetch";
import { Problem, unreachable } from "./problem";
import { sendProved } from "./proof";
import type { components, paths } from "./schema.gen";
import { sessionEnded } from "./session";

export type Schemas = components["schemas"];
export type Account = Schemas["AccountView"];
export type Device = Schemas["DeviceView"];
export type EnrolmentKey = Schemas["EnrolmentKeyView"];
export type Notification = Schemas["NotificationView"];
export type Package = Schemas["PackageView"];
export type AuditLine = Schemas["LineView"];
export type Criteria = Schemas["CriteriaBody"];
export type Group = Schemas["GroupView"];
export type Me = Schemas["Me"];
export type Order = Schemas["OrderView"];
export type Explained = Schemas["ExplainView"];
export type Permission = Schemas["PermissionView"];
export type Policy = Schemas["PolicyView"];
export type Resource = Schemas["ResourceView"];
export type Revealed = Schemas["RevealedView"];
export type Role = Schemas["RoleView"];
export type Share = Schemas["ShareView"];
export type Token = Schemas["TokenView"];
export type User = Schemas["UserView"];
export type UserGroup = Schemas["UserGroupView"];
export type View = Schemas["ViewView"];
export type Version = Schemas["VersionView"];

/** One page of a list. */
export interface Page<T> {
  items: T[];
  next?: string | null;
  /** How many items all pages have, if it was asked for. */
  count?: number | null;
  /** There are more than `count` says. */
  count_capped?: boolean | null;
}

const rules: Middleware = {
  onRequest({ request }) {
    // A repeat after a lost answer must not do it twice.
    if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", crypto.randomUUID());
    }
    return request;
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return undefined;
    const problem = await Problem.from(response);
    // A wrong password or a late code at the sign-in itself ends nothing.
    const signingIn = schemaPath.startsWith("/api/v1/session");
    if (problem.code === "unauthenticated" && !signingIn) {
      sessionEnded();
    }
    throw problem;
  },
  onError({ error }) {
    if (error instanceof Problem) return error;
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return unreachable(error);
  },
};

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  headers: { Accept: "application/json" },
  cache: "no-store",
  // Looked up per call, so that tests can replace it.
  fetch: sendProved,
});
api.use(rules);

/** The answer's body; a refusal is thrown as [`Problem`]. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  return data as T;
}

/** The ETag of an object that people edit. */
export const etag = (object: { version: number }) => `"${object.version}"`;
