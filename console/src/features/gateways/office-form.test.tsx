import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { OfficeForm } from "./office-form";

afterEach(() => vi.unstubAllGlobals());

test("an office is added with its networks, and what is none is named by its line", async () => {
  const sent: unknown[] = [];
  const onCreated = vi.fn();
  serve({
    "GET /gateways": () => json({ items: [], next: null }),
    "POST /offices": async (request) => {
      sent.push(await request.json());
      return json({ id: "o", name: "大阪" });
    },
  });
  await draw(<OfficeForm onClose={() => {}} onCreated={onCreated} />);
  fireEvent.change(await screen.findByRole("textbox", { name: /名前|拠点名/ }), {
    target: { value: " 大阪 " },
  });
  const networks = screen.getByRole("textbox", { name: /ネットワーク/ });
  fireEvent.change(networks, { target: { value: "10.1.0.0/16\n10.1.0.0/99" } });
  const add = screen.getByRole("button", { name: /追加/ });
  fireEvent.click(add);
  await waitFor(() => expect(networks).toHaveAttribute("aria-invalid", "true"));
  expect(sent).toEqual([]);
  fireEvent.change(networks, { target: { value: "10.1.0.0/16\n\n2001:db8::/32" } });
  fireEvent.click(add);
  await waitFor(() => expect(onCreated).toHaveBeenCalled());
  expect(sent).toEqual([
    {
      name: "大阪",
      networks: ["10.1.0.0/16", "2001:db8::/32"],
      gateways: [],
      limits: { connections: 1000, handshakes_per_s: 50, enrolments_per_s: 10 },
      remarks: "",
    },
  ]);
});
