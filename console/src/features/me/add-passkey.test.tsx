import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { AddPasskey } from "./add-passkey";

afterEach(() => vi.unstubAllGlobals());

/** An authenticator that nobody touches: it waits until it is told to stop. */
let waiting: AbortSignal | undefined;
beforeEach(() => {
  waiting = undefined;
  vi.stubGlobal("PublicKeyCredential", { parseCreationOptionsFromJSON: () => ({}) });
  const create = ({ signal }: CredentialCreationOptions) =>
    new Promise((_, reject) => {
      waiting = signal;
      signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    });
  vi.stubGlobal("navigator", { languages: ["ja"], credentials: { create } });
});

async function ask() {
  const asked = serve({
    "POST /me/passkeys/start": () => json({ challenge: "c", options: { publicKey: {} } }),
  });
  const onClose = vi.fn();
  await draw(<AddPasskey onClose={onClose} />);
  await userEvent.type(screen.getByLabelText(/名前/), "laptop");
  await userEvent.click(screen.getByRole("button", { name: "パスキーを登録" }));
  await waitFor(() => expect(waiting).toBeDefined());
  expect(waiting?.aborted).toBe(false);
  return { asked, onClose };
}

test.each([
  ["キャンセル", () => userEvent.click(screen.getByRole("button", { name: "キャンセル" }))],
  ["×", () => userEvent.click(screen.getByRole("button", { name: "閉じる" }))],
  ["Esc", () => userEvent.keyboard("{Escape}")],
])("%s stops the authenticator that is waited for", async (_, leave) => {
  const { asked, onClose } = await ask();
  await leave();
  expect(waiting?.aborted).toBe(true);
  expect(onClose).toHaveBeenCalled();
  expect(asked).toEqual(["POST /me/passkeys/start"]);
});
