import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import type { Gateway } from "./queries";
import { RevokeDialog } from "./revoke-dialog";

afterEach(() => vi.unstubAllGlobals());

test("a gateway is revoked by its name and with a reason, and who is on it is said", async () => {
  const sent: unknown[] = [];
  const onClose = vi.fn();
  serve({
    "POST /gateways/g/revoke": async (request) => {
      sent.push(await request.json());
      return json({ id: "g", state: "revoked" });
    },
  });
  const gateway = { id: "g", name: "dmz-1", connected: true, status: { connections: 12 } };
  await draw(<RevokeDialog gateway={gateway as unknown as Gateway} onClose={onClose} />);
  const button = await screen.findByRole("button", { name: "「dmz-1」を失効させる" });
  expect(button).toBeDisabled();
  screen.getByText(/現在 12 台のエージェント/);
  fireEvent.change(screen.getByRole("textbox", { name: /^理由/ }), { target: { value: " 盗難 " } });
  fireEvent.click(button);
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(sent).toEqual([{ reason: "盗難" }]);
});
