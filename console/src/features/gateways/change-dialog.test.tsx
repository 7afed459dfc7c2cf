import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { ChangeDialog } from "./change-dialog";
import type { Gateway } from "./queries";

afterEach(() => vi.unstubAllGlobals());

const gateway = {
  id: "g",
  version: 3,
  name: "dmz-1",
  address: "10.9.0.2:8363",
  direction: "server_dials",
  public: [{ address: "gw.example.jp:8383", weight: 10, tls: "site_ca" }],
} as unknown as Gateway;

test("what is no address is named and nothing is sent until it is one", async () => {
  const sent: { body: unknown; match: string | null }[] = [];
  const onClose = vi.fn();
  serve({
    "PATCH /gateways/g": async (request) => {
      sent.push({ body: await request.json(), match: request.headers.get("if-match") });
      return json({ ...gateway, version: 4 });
    },
  });
  await draw(<ChangeDialog gateway={gateway} onClose={onClose} />);
  const address = await screen.findByDisplayValue("gw.example.jp:8383");
  fireEvent.change(address, { target: { value: "gw.example.jp" } });
  fireEvent.click(screen.getByRole("button", { name: "保存" }));
  await waitFor(() => expect(address).toHaveAttribute("aria-invalid", "true"));
  expect(sent).toEqual([]);
  // As a Japanese keyboard writes it.
  fireEvent.change(address, { target: { value: "ｇｗ２．example.jp：8383" } });
  fireEvent.click(screen.getByRole("button", { name: "保存" }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(sent).toHaveLength(1);
  expect(sent[0]?.match).toBe('"3"');
  expect(sent[0]?.body).toMatchObject({
    name: "dmz-1",
    public: [{ address: "gw2.example.jp:8383", weight: 10, tls: "site_ca" }],
  });
});
