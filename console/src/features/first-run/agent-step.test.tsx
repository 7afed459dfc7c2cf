import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { AgentStep } from "./agent-step";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ to, ...rest }: { to: string }) => <a href={to} {...rest} />,
  useBlocker: () => blocker(),
}));

const blocker = vi.fn(() => ({ status: "idle" }));

beforeEach(() => {
  sessionStorage.clear();
  blocker.mockClear();
});
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

const PACKAGE = {
  id: "p1",
  file: "sekisho-agent_0.1.0_amd64.deb",
  format: "deb",
  platform: "linux",
  architecture: "amd64",
  version: "0.1.0",
  sha256: "ab".repeat(32),
  bytes: 4_000_000,
};

test("a key is shown when it is made, and never again", async () => {
  let keys: object[] = [];
  serve({
    "GET /system/public": () => json(SITE),
    "GET /packages": () => json({ items: [] }),
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
    "GET /packages": () => json({ items: [] }),
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
    "GET /packages": () => json({ items: [] }),
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

test("the package comes first: to download, or where it comes from", async () => {
  let packages: object[] = [];
  serve({
    "GET /system/public": () => json(SITE),
    "GET /packages": () => json({ items: packages }),
    "GET /enrolment-keys": () => json({ items: [] }),
  });
  const first = await draw(<AgentStep />);
  await screen.findByText(/sekisho-server packages add/);
  screen.getByText(/cargo xtask dist/);
  const beside = screen.getByRole("link", { name: /パッケージの一覧/ });
  expect(beside).toHaveAttribute("target", "_blank");
  first.unmount();

  packages = [PACKAGE];
  await draw(<AgentStep />);
  await screen.findByText(/sudo apt install/);
  expect(screen.queryByText(/sekisho-agent install --server/)).toBeNull();
});

test("whoever leaves while a key is shown is asked first", async () => {
  let keys: object[] = [];
  serve({
    "GET /system/public": () => json(SITE),
    "GET /packages": () => json({ items: [] }),
    "GET /enrolment-keys": () => json({ items: keys }),
    "POST /enrolment-keys": () => {
      keys = [KEY];
      return json({ ...KEY, platform: "linux", key: "sekisho-ek1-once" }, 201);
    },
  });
  await draw(<AgentStep />);
  const make = await screen.findByRole("button", { name: "エージェントキーを発行" });
  expect(blocker).not.toHaveBeenCalled();
  blocker.mockReturnValue({ status: "blocked" });
  await userEvent.click(make);
  await screen.findByText("キーを控えましたか？");
  blocker.mockReturnValue({ status: "idle" });
});

test("a device with another fingerprint is blocked and not approved", async () => {
  let state = "pending";
  const reasons: unknown[] = [];
  const asked = serve({
    "GET /system/public": () => json(SITE),
    "GET /enrolment-keys": () => json({ items: [{ ...KEY, state: "used", last_used_by: "d1" }] }),
    "GET /devices/d1": () => json({ ...DEVICE, state }),
    "POST /devices/d1/block": async (request) => {
      reasons.push(await request.json());
      state = "blocked";
      return json({ ...DEVICE, state });
    },
  });
  await draw(<AgentStep />);
  await userEvent.click(await screen.findByRole("button", { name: "一致しないのでブロックする" }));
  await userEvent.click(await screen.findByRole("button", { name: "ブロック" }));
  await screen.findByText("web-1 は承認待ちではありません");
  expect(reasons).toEqual([{ reason: "フィンガープリントが一致しない" }]);
  expect(asked).not.toContain("POST /devices/d1/approve");
});
