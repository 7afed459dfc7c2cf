import { afterEach, expect, test, vi } from "vitest";
import { isProblem } from "../api/problem";
import { fetchCsv } from "./csv";

afterEach(() => vi.unstubAllGlobals());
const { signal } = new AbortController();

test("the server writes the file, with the list's conditions and its order", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(new URL(request.url).pathname + new URL(request.url).search);
    return new Response("\uFEFFid,名前\r\n");
  });
  const text = await fetchCsv("/users.csv", { role: "administrator", sort: "-name" }, signal);
  expect(asked).toEqual(["/api/v1/users.csv?role=administrator&sort=-name&bom=true"]);
  // Reading a body takes the mark away; the file needs it.
  expect(text).toBe("\uFEFFid,名前\r\n");
});

test("a refusal and a broken connection are problems, never a short file", async () => {
  const headers = { "Content-Type": "application/problem+json" };
  const refusal = JSON.stringify({ code: "forbidden" });
  vi.stubGlobal("fetch", async () => new Response(refusal, { status: 403, headers }));
  const refused = await fetchCsv("/users.csv", {}, signal).catch((error: unknown) => error);
  expect(isProblem(refused, "forbidden")).toBe(true);
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("id\r\n"));
      controller.error(new TypeError("network error"));
    },
  });
  vi.stubGlobal("fetch", async () => new Response(broken));
  const cut = await fetchCsv("/users.csv", {}, signal).catch((error: unknown) => error);
  expect(isProblem(cut, "unreachable")).toBe(true);
});
