import { renderHook, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sendProved, useAskedProof, watchProof } from "./proof";

const NEEDED = () =>
  new Response(
    JSON.stringify({ code: "reauthentication_needed", status: 403, methods: ["password"] }),
    { status: 403, headers: { "Content-Type": "application/problem+json" } },
  );

beforeEach(() => watchProof(true));
afterEach(() => {
  watchProof(false);
  vi.unstubAllGlobals();
});

const request = () => new Request("http://localhost/x", { method: "POST", body: "{}" });

test("a call that needs a proof waits for it and is made again with its body", async () => {
  const bodies: string[] = [];
  const answers = [NEEDED(), new Response("done")];
  vi.stubGlobal("fetch", async (sent: Request) => {
    bodies.push(await sent.text());
    return answers.shift();
  });
  const { result } = renderHook(() => useAskedProof());
  const sent = sendProved(request());
  await waitFor(() => expect(result.current?.methods).toEqual(["password"]));
  result.current?.done(true);
  expect(await (await sent).text()).toBe("done");
  expect(bodies).toEqual(["{}", "{}"]);
  await waitFor(() => expect(result.current).toBeUndefined());
});

test("without a proof the refusal stays, and the call is not made again", async () => {
  const fetch = vi.fn(async () => NEEDED());
  vi.stubGlobal("fetch", fetch);
  const { result } = renderHook(() => useAskedProof());
  const sent = sendProved(request());
  await waitFor(() => expect(result.current).toBeDefined());
  result.current?.done(false);
  expect((await sent).status).toBe(403);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("two calls at once ask for one proof", async () => {
  let asked = 0;
  vi.stubGlobal("fetch", async () => (asked++ < 2 ? NEEDED() : new Response("done")));
  const { result } = renderHook(() => useAskedProof());
  const both = Promise.all([sendProved(request()), sendProved(request())]);
  await waitFor(() => expect(result.current).toBeDefined());
  await waitFor(() => expect(asked).toBe(2));
  result.current?.done(true);
  expect((await both).map((response) => response.status)).toEqual([200, 200]);
});

test("other refusals pass, and nobody is asked where no dialog is", async () => {
  const denied = { status: 403, headers: { "Content-Type": "application/problem+json" } };
  vi.stubGlobal("fetch", async () => new Response('{"code":"forbidden"}', denied));
  expect((await sendProved(request())).status).toBe(403);
  watchProof(false);
  vi.stubGlobal("fetch", async () => NEEDED());
  expect((await sendProved(request())).status).toBe(403);
});
