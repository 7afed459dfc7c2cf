import { afterEach, expect, test, vi } from "vitest";
import { api, body, etag } from "./client";
import { isProblem, Problem } from "./problem";

const answers = (...responses: (Response | Error)[]) => {
  const fetch = vi.fn<(request: Request) => Promise<Response>>(async () => {
    const next = responses.shift();
    if (next instanceof Error) throw next;
    return next ?? new Response(null, { status: 500 });
  });
  vi.stubGlobal("fetch", fetch);
  return fetch;
};
const problem = (status: number, fields: object, headers: HeadersInit = {}) =>
  new Response(JSON.stringify(fields), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });

afterEach(() => vi.unstubAllGlobals());

test("a refusal is thrown with its code, field and request", async () => {
  answers(problem(400, { code: "invalid_input", field: "q", detail: "…", request_id: "r1" }));
  const error = await body(api.GET("/api/v1/accounts")).catch((thrown: unknown) => thrown);
  expect(isProblem(error, "invalid_input")).toBe(true);
  expect(error).toMatchObject({ field: "q", requestId: "r1", status: 400 });
});

test("a page of a proxy is no answer", async () => {
  answers(new Response("<html>", { status: 502, headers: { "Content-Type": "text/html" } }));
  const error = await body(api.GET("/api/v1/me")).catch((thrown: unknown) => thrown);
  expect(isProblem(error, "unavailable") && error.passing).toBe(true);
});

test("a server that cannot be reached is a problem of its own", async () => {
  answers(new TypeError("fetch failed"));
  const error = await body(api.GET("/api/v1/me")).catch((thrown: unknown) => thrown);
  expect(isProblem(error, "unreachable")).toBe(true);
});

test("each POST has a key of its own, so that a repeat does nothing twice", async () => {
  const fetch = answers(new Response("{}"), new Response("{}"));
  const params = { path: { id: "x" } };
  await api.POST("/api/v1/devices/{id}/approve", { params });
  await api.POST("/api/v1/devices/{id}/approve", { params });
  const keys = fetch.mock.calls.map(([request]) => request.headers.get("Idempotency-Key"));
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(keys[1]).not.toBe(keys[0]);
});

test("how long to wait comes with the refusal", async () => {
  const refused = await Problem.from(problem(429, { code: "throttled" }, { "Retry-After": "30" }));
  expect(refused.retryAfter).toBe(30);
});

test("an ETag is a version in quotes", () => expect(etag({ version: 3 })).toBe('"3"'));
