import { screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../test/render";
import { ProofForm } from "./proof-form";

afterEach(() => vi.unstubAllGlobals());

const drawn = async (methods: string[]) => {
  serve({ "GET /system/public": () => json({ oidc: "社内 ID", passkeys: false }) });
  await draw(<ProofForm asked={{ methods, done: () => {} }} />);
};

test("who came through the provider proves it there, or with a password", async () => {
  await drawn(["provider", "password"]);
  await screen.findByRole("button", { name: "社内 ID で確認" });
  expect(screen.getByLabelText("パスワード")).toBeInTheDocument();
});

test("where only a second factor counts, no password is asked for", async () => {
  await drawn(["totp", "recovery_code"]);
  expect(await screen.findByLabelText("コード")).toBeInTheDocument();
  expect(screen.queryByLabelText("パスワード")).toBeNull();
  expect(screen.queryByRole("button", { name: "社内 ID で確認" })).toBeNull();
});

test("where nothing can be typed, there is no field for it", async () => {
  await drawn(["provider"]);
  await screen.findByRole("button", { name: "社内 ID で確認" });
  expect(screen.queryByRole("textbox")).toBeNull();
  expect(screen.queryByRole("button", { name: "確認して続ける" })).toBeNull();
});
