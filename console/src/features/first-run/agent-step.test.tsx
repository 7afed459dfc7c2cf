import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { AgentStep } from "./agent-step";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ to, ...rest }: { to: string }) => <a href={to} {...rest} />,
}));

beforeEach(() => sessionStorage.clear());
afterEach(() => vi.unstubAllGlobals());

const KEY = {
  id: "k1",
  label: "web-1",
  state: "active",
  uses: 0,
  created_at: "2026-05-01T09:00:00.000Z",
};
const SITE = { agents_address: "vault.example.jp:8383", setup_needed: false };
const DEVICE = {
  id: "d1",
  host_name: "web-1",
  state: "pending",
  fingerprint: "0123456789abcdef",
  resource: { id: "r1", name: "web-1" },
};

test("a key is shown when it is made, and never again", async () => {
  let keys: object[] = [];
  serve({
    "GET /system/public": () => json(SITE),
    "GET /enrolment-keys": () => json({ items: keys }),
    "POST /enrolment-keys": () => {
      keys = [KEY];
      return json({ ...KEY, platform: "linux", key: "sekisho-ek1-once" }, 201);
    },
  });
  const first = await draw(<AgentStep />);
  await userEvent.click(await screen.findByRole("button", { name: "エージェントキーを発行" }));
  await screen.findByText("sekisho-ek1-once");
  screen.getByText(/sekisho-agent install --server vault.example.jp:8383/);
  first.unmount();

  await draw(<AgentStep />);
  await screen.findByText("キー「web-1」は発行済みです");
  expect(screen.queryByText("sekisho-ek1-once")).toBeNull();
});

test("a key that nobody kept is revoked by the next one", async () => {
  const asked = serve({
    "GET /system/public": () => json(SITE),
    "GET /enrolment-keys": () => json({ items: [KEY] }),
    "POST /enrolment-keys": () => json({ ...KEY, id: "k2", platform: "linux", key: "x" }, 201),
    "POST /enrolment-keys/k1/revoke": () => json({ ...KEY, state: "revoked" }),
  });
  await draw(<AgentStep />);
  await userEvent.click(await screen.findByRole("button", { name: "新しいキーを発行" }));
  screen.getByText("新しいキーを発行すると、前のキーは失効します。");
  await userEvent.click(screen.getByRole("button", { name: "エージェントキーを発行" }));
  await waitFor(() => expect(asked).toContain("POST /enrolment-keys/k1/revoke"));
});

test("a device is compared, approved and then connected", async () => {
  let state = "pending";
  serve({
    "GET /system/public": () => json(SITE),
    "GET /enrolment-keys": () => json({ items: [{ ...KEY, state: "used", last_used_by: "d1" }] }),
    "GET /devices/d1": () => json({ ...DEVICE, state }),
    "POST /devices/d1/approve": () => {
      state = "approved";
      return json({ ...DEVICE, state });
    },
    "GET /accounts": () => json({ items: [], count: 4 }),
  });
  await draw(<AgentStep />);
  await screen.findByText("0123 4567 89ab cdef");
  await userEvent.click(screen.getByRole("button", { name: "一致したので承認する" }));
  await screen.findByText("web-1 が接続しました");
  await screen.findByText("アカウントを 4 件検出しました。");
});
