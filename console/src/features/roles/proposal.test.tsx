import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Role } from "../../api/client";
import { draw, json, serve } from "../../test/render";
import { ProposalCard } from "./proposal";

afterEach(() => vi.unstubAllGlobals());

const ROLE: Role = {
  role: "r1",
  name: "展開",
  description: "",
  built_in: false,
  in_force: true,
  permissions: ["view_resources"],
  proposal: {
    name: "展開",
    description: "",
    permissions: ["view_resources", "download_agent"],
    adds: ["download_agent"],
    removes: [],
    by: { id: "u1", name: "ann" },
    at: "2026-05-01T09:00:00.000Z",
  },
  approved_by: null,
  approved_at: null,
  users: 2,
  version: 7,
};

test("what is approved is the version that is shown", async () => {
  const matched: (string | null)[] = [];
  serve({
    "POST /roles/r1/approve": (request) => {
      matched.push(request.headers.get("If-Match"));
      return json(ROLE);
    },
  });
  await draw(<ProposalCard role={ROLE} mine={false} />);
  expect(screen.getByText("エージェントのダウンロードとキーの発行")).toBeVisible();
  fireEvent.click(screen.getByRole("button", { name: "承認する" }));
  await waitFor(() => expect(matched).toEqual(['"7"']));
});

test("nobody is offered to approve what they proposed, and a rejection needs a reason", async () => {
  const sent: unknown[] = [];
  serve({
    "POST /roles/r1/reject": async (request) => {
      sent.push(await request.json());
      return new Response(null, { status: 204 });
    },
  });
  await draw(<ProposalCard role={ROLE} mine />);
  expect(screen.queryByRole("button", { name: "承認する" })).toBeNull();
  const back = screen.getByRole("button", { name: "申請を取り下げる" });
  fireEvent.click(back);
  expect(back).toBeDisabled();
  fireEvent.change(screen.getByLabelText(/理由/), { target: { value: "不要" } });
  fireEvent.click(back);
  await waitFor(() => expect(sent).toEqual([{ reason: "不要" }]));
});
