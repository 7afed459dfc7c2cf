import { fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { Explain } from "./explain";

afterEach(() => vi.unstubAllGlobals());

const share = (id: string, on: string, level: string, counts: boolean) => ({
  id,
  on: { kind: "resource", id: `o-${id}`, name: on },
  depth: 0,
  with: { kind: "user", id: "u1", name: "pat" },
  level,
  expires_at: null,
  counts,
});

const TOLD = {
  object: { kind: "account", id: "a1", name: "root" },
  owner: { id: "u0", name: "ann" },
  user: { id: "u1", name: "pat" },
  state: "active",
  role: "password_user",
  role_name: "password_user",
  shares: [share("s1", "root", "view", true), share("s2", "サーバー群", "modify", false)],
  decisions: [
    {
      action: "reset_password",
      allowed: false,
      ground: "share",
      needs: "modify",
      permissions: [{ permission: "change_passwords", has: false }],
      reasons: [
        { code: "permission", detail: "the role lacks it" },
        { code: "level", detail: "it is shared to view" },
      ],
      sentence: "pat may not reset_password",
    },
  ],
};

test("share, role and reasons are told in the reader's language", async () => {
  serve({
    "GET /principals": () =>
      json({ items: [{ kind: "user", id: "u1", name: "pat", display_name: "pat" }], next: null }),
    "GET /accounts/a1/explain": () => json(TOLD),
  });
  await draw(<Explain kind="accounts" id="a1" onClose={() => {}} />);
  fireEvent.click(
    await screen
      .findByRole("combobox", { name: /ユーザー/ })
      .catch(() => screen.getByLabelText(/ユーザー/)),
  );
  fireEvent.click(await screen.findByText("pat"));
  await screen.findByText("パスワードのリセット");
  const text = document.body.textContent ?? "";
  expect(text).toContain("「root」を「pat」と 閲覧 で");
  expect(text).toContain("使われない共有");
  expect(text).toContain("ロールに権限「パスワードのリセットと登録」がありません");
  expect(text).toContain("共有のレベルが足りません（必要：変更）");
  // The server's own sentence is for programs.
  expect(text).not.toContain("may not");
});
