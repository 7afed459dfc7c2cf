import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../test/render";
import { isBare, readQuery, viewQuery } from "./view-query";
import { SavedViews } from "./views";

const router = vi.hoisted(() => ({ search: {} as Record<string, unknown>, navigate: vi.fn() }));
vi.mock("@tanstack/react-router", async (actual) => ({
  ...(await actual<object>()),
  useNavigate: () => router.navigate,
  useSearch: () => router.search,
  useRouterState: () => "/devices",
}));

beforeEach(() => {
  router.search = {};
  router.navigate.mockClear();
});
afterEach(() => vi.unstubAllGlobals());

const view = (id: string, more: object) => ({
  id,
  own: true,
  page: "/devices",
  name: id,
  query: "?state=pending",
  shared_with: null,
  is_default: false,
  changed_at: "2026-11-22T00:00:00Z",
  ...more,
});

const answers = (items: object[]) => ({
  "GET /me/views": () => json({ items }),
  "GET /me": () => json({ user: { id: "u1" }, role: "password_user", permissions: [] }),
  "GET /roles": () =>
    json({
      items: ["password_user", "administrator"].map((role) => ({
        role,
        name: role,
        built_in: true,
        in_force: true,
        permissions: [],
      })),
    }),
});

test("a view holds what is shown, and not where one is in it", () => {
  const shown = { sort: "-name", state: "pending", q: "東", after: "x", open: "y", new: true };
  const query = viewQuery(shown);
  expect(query).toMatch(/^\?[!-~]+$/);
  expect(readQuery(query)).toEqual({ sort: "-name", state: "pending", q: "東" });
  expect(viewQuery({ after: "x", tab: undefined })).toBe("");
  expect(isBare({ q: undefined })).toBe(true);
});

test("whoever opens a page as it is begins with the view they chose", async () => {
  serve(answers([view("待ち", { is_default: true }), view("ほか", { page: "/agents" })]));
  await draw(<SavedViews />);
  await waitFor(() => expect(router.navigate).toHaveBeenCalledTimes(1));
  expect(router.navigate.mock.calls[0]?.[0]).toMatchObject({
    search: { state: "pending" },
    replace: true,
  });
});

test("an address that says something is left as it is, and its view has a name", async () => {
  router.search = { state: "pending", q: undefined };
  serve(answers([view("待ち", { is_default: true })]));
  await draw(<SavedViews />);
  await screen.findByRole("button", { name: "ビュー: 待ち" });
  expect(router.navigate).not.toHaveBeenCalled();
});

test("what is shown is saved, shared with one's own role, and begun with", async () => {
  router.search = { state: "pending", after: "somewhere" };
  let saved: unknown;
  const asked = serve({
    ...answers([]),
    "POST /me/views": async (request) => {
      saved = await request.json();
      return json(view("v1", { name: "待ち" }), 201);
    },
    "PUT /me/views/v1/default": () => new Response(null, { status: 204 }),
  });
  await draw(<SavedViews />);
  fireEvent.click(screen.getByRole("button", { name: "ビュー" }));
  fireEvent.click(await screen.findByRole("button", { name: "今の表示を保存" }));
  fireEvent.change(await screen.findByLabelText(/^名前/), { target: { value: " 待ち " } });
  // Only an administrator shares with other roles.
  fireEvent.click(screen.getByRole("combobox", { name: "共有するロール" }));
  await screen.findByRole("option", { name: "パスワードユーザー", hidden: true });
  expect(screen.queryByRole("option", { name: "管理者", hidden: true })).toBeNull();
  fireEvent.click(screen.getByRole("option", { name: "パスワードユーザー", hidden: true }));
  fireEvent.click(screen.getByLabelText("この画面を開いたときに使う"));
  fireEvent.click(screen.getByRole("button", { name: "保存" }));
  await waitFor(() => expect(asked).toContain("PUT /me/views/v1/default"));
  expect(saved).toEqual({
    page: "/devices",
    name: "待ち",
    query: "?state=pending",
    shared_with: "password_user",
  });
});
