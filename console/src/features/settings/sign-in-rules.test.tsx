import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { SignInRules } from "./sign-in-rules";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ to, ...rest }: { to: string }) => <a href={to} {...rest} />,
}));

afterEach(() => vi.unstubAllGlobals());

const role = (word: string, more: object = {}) => ({
  role: word,
  name: word,
  built_in: true,
  in_force: true,
  permissions: [],
  users: 2,
  ...more,
});

test("roles are chosen that need a second factor, and a refusal says what is missing", async () => {
  const put: unknown[] = [];
  const answers = [
    json({ code: "conflict", status: 409, conflict: "own_factor_missing" }, 409),
    json({ second_factor_roles: ["administrator", "r1"] }),
  ];
  serve({
    "GET /sign-in/rules": () => json({ second_factor_roles: ["administrator"] }),
    "GET /me": () => json({ user: { id: "u1" }, role: "administrator", permissions: [] }),
    "GET /roles": () =>
      json({
        items: [
          role("administrator"),
          role("r1", { name: "夜間", built_in: false }),
          role("r2", { name: "申請中", built_in: false, in_force: false }),
        ],
      }),
    "PUT /sign-in/rules": async (request) => {
      put.push(await request.json());
      return answers[put.length - 1] as Response;
    },
  });
  await draw(<SignInRules />);
  const own = await screen.findByRole("checkbox", { name: /管理者 （あなたのロール）/ });
  expect(own).toBeChecked();
  // What is only proposed can be given to nobody.
  expect(screen.queryByRole("checkbox", { name: /申請中/ })).toBeNull();
  const save = screen.getByRole("button", { name: "保存" });
  expect(save).toBeDisabled();
  fireEvent.click(screen.getByRole("checkbox", { name: /夜間/ }));
  fireEvent.click(save);
  await screen.findByText(/先に自分の二要素認証/);
  fireEvent.click(save);
  await waitFor(() => expect(screen.queryByText(/先に自分の二要素認証/)).toBeNull());
  expect(put[1]).toEqual({ second_factor_roles: ["administrator", "r1"] });
  // What is there now is what the next choice begins with.
  await waitFor(() => expect(screen.getByRole("button", { name: "保存" })).toBeDisabled());
});
