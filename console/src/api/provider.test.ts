import { afterEach, expect, test, vi } from "vitest";
import { json, serve } from "../test/render";
import {
  Blocked,
  proveElsewhere,
  providerReason,
  signInElsewhere,
  tellHowItWent,
} from "./provider";

afterEach(() => vi.unstubAllGlobals());

/** What a page hears of the other windows of its browser. */
class Channel {
  static all = new Set<Channel>();
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(readonly name: string) {
    Channel.all.add(this);
  }
  postMessage(data: unknown) {
    for (const other of Channel.all) {
      if (other !== this && other.name === this.name) other.onmessage?.({ data });
    }
  }
  close() {
    Channel.all.delete(this);
  }
}

function windows() {
  const opened = { location: { replace: vi.fn() }, close: vi.fn() };
  vi.stubGlobal("BroadcastChannel", Channel);
  vi.stubGlobal(
    "open",
    vi.fn(() => opened),
  );
  return opened;
}

test("a proof is given in a window beside the page, which hears how it went", async () => {
  const beside = windows();
  serve({ "POST /session/oidc/prove": () => json({ url: "https://id.example.jp/auth?x=1" }) });
  for (const [word, given] of [
    ["ok", true],
    ["other", false],
  ] as const) {
    const proof = proveElsewhere();
    await vi.waitFor(() =>
      expect(beside.location.replace).toHaveBeenCalledWith("https://id.example.jp/auth?x=1"),
    );
    tellHowItWent(word);
    expect(await proof).toBe(given);
    beside.location.replace.mockClear();
  }
  expect(Channel.all.size).toBe(0);
});

test("a refusal closes the window again", async () => {
  const beside = windows();
  serve({ "POST /session/oidc/prove": () => json({ code: "conflict", status: 409 }, 409) });
  await expect(proveElsewhere()).rejects.toMatchObject({ code: "conflict" });
  expect(beside.close).toHaveBeenCalled();
  expect(Channel.all.size).toBe(0);
});

test("a browser that opens no window says so before anything is asked", async () => {
  windows();
  vi.stubGlobal("open", () => null);
  const asked = serve({});
  await expect(proveElsewhere()).rejects.toBeInstanceOf(Blocked);
  expect(asked).toEqual([]);
});

test("a session that ended is renewed in a window beside the page", async () => {
  const beside = windows();
  const done = signInElsewhere();
  await vi.waitFor(() => expect(beside.location.replace).toHaveBeenCalled());
  expect(beside.location.replace).toHaveBeenCalledWith(
    "/api/v1/session/oidc/start?back=%2Fprovider-done%3Foidc%3Dok",
  );
  tellHowItWent("ok");
  await done;
});

test("only words that the server says are reasons", () => {
  expect(providerReason("no_role")).toBe("no_role");
  for (const word of ["ok", "linked", "", "toString", undefined, 1]) {
    expect(providerReason(word)).toBeUndefined();
  }
});
