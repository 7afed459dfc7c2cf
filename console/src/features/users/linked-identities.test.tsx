import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { LinkedIdentities } from "./linked-identities";

afterEach(() => vi.unstubAllGlobals());

const identity = (id: string, more: object = {}) => ({
  id,
  issuer: "https://id.example.jp",
  subject: `subject-${id}`,
  current: true,
  created_at: "2026-01-01T00:00:00Z",
  last_used_at: null,
  ...more,
});

test("a link is removed with a second click, and no other one", async () => {
  let items = [identity("i1"), identity("i2", { current: false })];
  const asked = serve({
    "GET /users/u1/identities": () => json({ items }),
    "DELETE /users/u1/identities/i2": () => {
      items = [identity("i1")];
      return new Response(null, { status: 204 });
    },
  });
  await draw(<LinkedIdentities user="u1" self={false} />);
  fireEvent.click(await screen.findByRole("button", { name: "subject-i2 のリンクを解除" }));
  expect(asked).not.toContain("DELETE /users/u1/identities/i2");
  // The question names what becomes of them, and can be left.
  await screen.findByText(/サインインする方法がなくなります/);
  fireEvent.click(screen.getByRole("button", { name: "キャンセル" }));
  expect(screen.queryByText(/サインインする方法がなくなります/)).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "subject-i2 のリンクを解除" }));
  fireEvent.click(await screen.findByRole("button", { name: "リンクを解除" }));
  await waitFor(() => expect(screen.queryByText("subject-i2")).toBeNull());
  expect(asked.filter((one) => one.startsWith("DELETE"))).toEqual([
    "DELETE /users/u1/identities/i2",
  ]);
  expect(screen.getByText("subject-i1")).toBeInTheDocument();
});

test("a refusal is shown, and one's own links have no button", async () => {
  serve({
    "GET /users/u1/identities": () => json({ items: [identity("i1")] }),
    "DELETE /users/u1/identities/i1": () => json({ code: "forbidden", status: 403 }, 403),
  });
  const { unmount } = await draw(<LinkedIdentities user="u1" self={false} />);
  fireEvent.click(await screen.findByRole("button", { name: "subject-i1 のリンクを解除" }));
  fireEvent.click(await screen.findByRole("button", { name: "リンクを解除" }));
  await screen.findByText(/この操作の権限がありません/);
  expect(screen.getByText("subject-i1")).toBeInTheDocument();
  unmount();
  await draw(<LinkedIdentities user="u1" self={true} />);
  await screen.findByText("subject-i1");
  expect(screen.queryByRole("button")).toBeNull();
});
