import { screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../test/render";
import { ProofForm } from "./proof-form";

afterEach(() => vi.unstubAllGlobals());

// Found by its text: looking through roles takes long on a busy machine.
const provider = () => screen.findByText("社内 ID で確認", {}, { timeout: 5_000 });

const drawn = async (methods: string[]) => {
  serve({ "GET /system/public": () => json({ oidc: "社内 ID", passkeys: false }) });
  await draw(<ProofForm asked={{ methods, done: () => {} }} />);
};

test("who came through the provider proves it there, or with a password", async () => {
  await drawn(["provider", "password"]);
  expect((await provider()).closest("button")).toBeEnabled();
  expect(screen.getByLabelText("パスワード")).toBeInTheDocument();
});

test("where only a second factor counts, no password is asked for", async () => {
  await drawn(["totp", "recovery_code"]);
  expect(await screen.findByLabelText("コード")).toBeInTheDocument();
  expect(screen.queryByLabelText("パスワード")).toBeNull();
  expect(screen.queryByText("社内 ID で確認")).toBeNull();
});

test("where nothing can be typed, there is no field for it", async () => {
  await drawn(["provider"]);
  expect((await provider()).closest("button")).toBeEnabled();
  expect(screen.queryByRole("textbox")).toBeNull();
  expect(screen.queryByRole("button", { name: "確認して続ける" })).toBeNull();
});
