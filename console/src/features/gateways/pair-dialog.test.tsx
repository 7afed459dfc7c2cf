import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { PairDialog } from "./pair-dialog";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: unknown }) => <a href="/">{children as never}</a>,
}));
afterEach(() => vi.unstubAllGlobals());

const STRING = "sekisho-gw1-0123456789";
const system = { agents_address: "vault.example.jp:8383" };
const gateway = {
  id: "g",
  name: "dmz-1",
  state: "active",
  direction: "server_dials",
  address: "10.0.1.5:8363",
  public: [{ address: "gw.example.jp:8383", weight: 10, tls: "site_ca" }],
  ports: [
    { from: "internet", to: "gateway", port: 8383, purpose: "agents" },
    { from: "server", to: "gateway", port: 8363, purpose: "link" },
  ],
  connected: false,
  problem: null,
  status: null,
};
const conflict = (word: string) => json({ code: "conflict", status: 409, conflict: word }, 409);

const type = (label: RegExp, value: string) =>
  fireEvent.change(screen.getByRole("textbox", { name: label }), { target: { value } });

test("what is wrong with the string is said at its field, before anything is paired", async () => {
  const asked = serve({
    "GET /system/public": () => json(system),
    "POST /gateways/check": () => conflict("gateway_not_waiting"),
  });
  await draw(<PairDialog onClose={() => {}} />);
  type(/^登録用の文字列/, "sekisho-ek1-abc");
  type(/^名前/, "dmz-1");
  fireEvent.click(screen.getByRole("button", { name: "確認だけする" }));
  await screen.findByText(/sekisho-gw1- で始まります。全体をコピー/);
  expect(asked.filter((one) => one.startsWith("POST"))).toEqual([]);
  type(/^登録用の文字列/, STRING);
  fireEvent.click(screen.getByRole("button", { name: "確認だけする" }));
  await screen.findByText(/ゲートウェイは登録を待っていません/);
  expect(screen.getByRole("textbox", { name: /^登録用の文字列/ })).toHaveAttribute(
    "aria-invalid",
    "true",
  );
});

test("a string is checked, used, let go, and the connection is waited for", async () => {
  const sent: unknown[] = [];
  let connected = false;
  serve({
    "GET /system/public": () => json(system),
    "POST /gateways/check": () =>
      json({ address: "10.0.1.5:8363", key_sha256: "ab", software: "0.1.0", link_major: 1 }),
    "POST /gateways": async (request) => {
      sent.push(await request.json());
      return json(gateway, 201);
    },
    "GET /gateways/g": () => json({ ...gateway, connected }),
  });
  const { client } = await draw(<PairDialog onClose={() => {}} />);
  type(/^登録用の文字列/, `${STRING.slice(0, 15)}\n${STRING.slice(15)}`);
  type(/^名前/, "dmz-1");
  type(/^エージェントからの接続先/, "gw.example.jp:8383\nｄｒ.example.jp:443");
  fireEvent.click(screen.getByRole("button", { name: "確認だけする" }));
  await screen.findByText("このまま登録できます");
  fireEvent.click(screen.getByRole("button", { name: "登録する" }));
  await screen.findByText(/リンクの確立を待っています/);
  expect(sent).toEqual([
    {
      pairing: STRING,
      name: "dmz-1",
      public: [
        { address: "gw.example.jp:8383", weight: 10 },
        { address: "dr.example.jp:443", weight: 9 },
      ],
    },
  ]);
  // The secret is in nothing that is kept.
  expect(
    JSON.stringify(
      client
        .getQueryCache()
        .getAll()
        .map((one) => one.state.data),
    ),
  ).not.toContain(STRING);
  connected = true;
  await client.invalidateQueries({ queryKey: ["gateways"] });
  await screen.findByText("接続しました。エージェントを中継できます。");
  expect(screen.getAllByText("TCP 8363")).toHaveLength(1);
});

test("the classic direction says what it opens and asks where the server is", async () => {
  const sent: Record<string, unknown>[] = [];
  serve({
    "GET /system/public": () => json(system),
    "POST /gateways": async (request) => {
      sent.push((await request.json()) as Record<string, unknown>);
      return conflict("name_taken");
    },
  });
  await draw(<PairDialog onClose={() => {}} />);
  type(/^登録用の文字列/, STRING);
  type(/^名前/, "dmz-1");
  fireEvent.click(screen.getByRole("radio", { name: /従来方式/ }));
  fireEvent.click(screen.getByRole("button", { name: "登録する" }));
  await waitFor(() =>
    expect(screen.getByRole("textbox", { name: /^ゲートウェイから見たサーバー/ })).toHaveAttribute(
      "aria-invalid",
      "true",
    ),
  );
  expect(sent).toEqual([]);
  type(/^ゲートウェイから見たサーバー/, "10.0.2.5:8383");
  fireEvent.click(screen.getByRole("button", { name: "登録する" }));
  await screen.findByText(/同じ名前のゲートウェイがあります/);
  expect(sent[0]?.dial).toBe("10.0.2.5:8383");
  expect(screen.getByRole("textbox", { name: /^名前/ })).toHaveAttribute("aria-invalid", "true");
});
