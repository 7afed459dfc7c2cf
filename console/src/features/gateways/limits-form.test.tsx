import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { USUAL } from "./limits.test-data";
import { LimitsForm } from "./limits-form";
import type { GatewaySettings } from "./queries";

afterEach(() => vi.unstubAllGlobals());

const settings = (more: Partial<GatewaySettings> = {}): GatewaySettings => ({
  limits: USUAL,
  usual_limits: USUAL,
  public_name: null,
  server_name: "vault.example.jp",
  link_major: 1,
  version: 3,
  ...more,
});
const field = (name: string) => screen.getByRole("textbox", { name });

test("a limit out of its bounds is said at its field, and nothing is sent", async () => {
  const asked = serve({});
  await draw(<LimitsForm settings={settings()} />);
  fireEvent.change(field("同時接続（デバイスごと）"), { target: { value: "1" } });
  fireEvent.click(screen.getByRole("button", { name: "保存" }));
  await screen.findByText("2～100 の値にしてください。");
  expect(asked).toEqual([]);
});

test("what is changed is sent whole, and the defaults as none", async () => {
  const sent: { limits: unknown }[] = [];
  let version = 3;
  serve({
    "PATCH /gateway-settings": async (request) => {
      expect(request.headers.get("If-Match")).toBe(`"${version}"`);
      const body = (await request.json()) as { limits: GatewaySettings["limits"] | null };
      sent.push(body);
      version += 1;
      return json(settings({ limits: body.limits ?? USUAL, version }));
    },
  });
  await draw(<LimitsForm settings={settings()} />);
  fireEvent.change(field("要求（デバイスごと）"), { target: { value: "3.5" } });
  fireEvent.click(screen.getByRole("button", { name: "保存" }));
  await screen.findByText(/既定値から変更: 1 項目/);
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.limits).toEqual({ ...USUAL, per_device: { per_1000_s: 3500, burst: 20 } });
  fireEvent.click(screen.getByRole("button", { name: "既定値に戻す" }));
  fireEvent.click(screen.getByRole("button", { name: "保存" }));
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[1]).toEqual({ limits: null });
});
