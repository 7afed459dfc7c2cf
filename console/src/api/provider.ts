//! Ways to the OpenID provider and back. A page that waits for somebody to come
//! back stays where it is: the provider is in a window beside it, and what
//! became of it is told on a channel of this browser.
import { api, body } from "./client";

const CHANNEL = "sekisho.provider";

/** Where the window beside the page ends. */
const DONE = "/provider-done";

/** Why somebody did not get what they went to the provider for. */
const REASONS = [
  "declined",
  "disabled",
  "full",
  "last_administrator",
  "no_role",
  "other",
  "over",
  "refused",
  "taken",
  "throttled",
  "unavailable",
  "unknown",
] as const;

export type ProviderReason = (typeof REASONS)[number];

/** What the server says in the address, if it is a reason. */
export function providerReason(word: unknown): ProviderReason | undefined {
  return REASONS.find((known) => known === word);
}

/** The browser opens no window. */
export class Blocked extends Error {}

/** Goes there to link who one is there; the whole page leaves. */
export async function linkElsewhere(): Promise<void> {
  const { url } = await body(api.POST("/api/v1/session/oidc/link"));
  location.assign(url);
}

/** Proves who one is in a window beside the page: whether it was done. */
export function proveElsewhere(): Promise<boolean> {
  return beside(async () => (await body(api.POST("/api/v1/session/oidc/prove"))).url);
}

/** Signs in in a window beside the page. */
export async function signInElsewhere(): Promise<void> {
  const back = encodeURIComponent(`${DONE}?oidc=ok`);
  await beside(async () => `/api/v1/session/oidc/start?back=${back}`);
}

/** Tells the page that waits what became of it. */
export function tellHowItWent(word: string) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(word);
  channel.close();
}

async function beside(address: () => Promise<string>): Promise<boolean> {
  // Opened at once: after a wait, browsers take it for an advertisement.
  const window = globalThis.open("about:blank", "_blank", "popup,width=520,height=720");
  if (!window) throw new Blocked();
  const channel = new BroadcastChannel(CHANNEL);
  try {
    const heard = new Promise<unknown>((resolve) => {
      channel.onmessage = ({ data }) => resolve(data);
    });
    window.location.replace(await address());
    return (await heard) === "ok";
  } catch (error) {
    window.close();
    throw error;
  } finally {
    channel.close();
  }
}
