//! Passkeys: what the browser and the server say to each other about them.
import { api, body } from "./client";

/** Whether this browser can, at an address that has a name. */
export const canUsePasskeys = (): boolean =>
  typeof PublicKeyCredential !== "undefined" &&
  typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function";

/** The person said no, or took too long: nothing to complain about. */
export class Declined extends Error {}

async function asked<T extends Credential>(call: () => Promise<Credential | null>): Promise<T> {
  try {
    const found = await call();
    if (!found) throw new Declined();
    return found as T;
  } catch (error) {
    if (error instanceof DOMException && ["NotAllowedError", "AbortError"].includes(error.name)) {
      throw new Declined();
    }
    throw error;
  }
}

interface Options<T> {
  publicKey: T;
}

/** Makes a passkey and registers it. With `signal` the person can change their mind:
 * the browser stops asking then. */
export async function registerPasskey(name: string, signal?: AbortSignal) {
  const begun = await body(api.POST("/api/v1/me/passkeys/start"));
  const { publicKey } = begun.options as unknown as Options<PublicKeyCredentialCreationOptionsJSON>;
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
  const made = await asked<PublicKeyCredential>(() =>
    navigator.credentials.create({ publicKey: options, ...(signal ? { signal } : {}) }),
  );
  if (signal?.aborted) throw new Declined();
  return body(
    api.POST("/api/v1/me/passkeys", {
      body: { challenge: begun.challenge, name, credential: made.toJSON() },
    }),
  );
}

/** The answer of a passkey to a new challenge. */
async function answer() {
  const begun = await body(api.POST("/api/v1/session/passkey/start"));
  const { publicKey } = begun.options as unknown as Options<PublicKeyCredentialRequestOptionsJSON>;
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
  const found = await asked<PublicKeyCredential>(() =>
    navigator.credentials.get({ publicKey: options }),
  );
  return { challenge: begun.challenge, credential: found.toJSON() };
}

export const signInWithPasskey = async () =>
  body(api.POST("/api/v1/session/passkey", { body: await answer() }));

export const proveWithPasskey = async () =>
  body(api.POST("/api/v1/session/prove/passkey", { body: await answer() }));
