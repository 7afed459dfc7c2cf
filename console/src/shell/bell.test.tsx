import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../test/render";
import { Bell } from "./bell";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ to, ...rest }: { to: string }) => <a href={to} {...rest} />,
}));

afterEach(() => vi.unstubAllGlobals());

test("the bell says how many are unread, and tells when there are more", async () => {
  let unread = 2;
  serve({
    "GET /notifications/counts": () => json({ waiting_resets: 0, waiting_verifies: 1, unread }),
  });
  const { client } = await draw(<Bell />);
  const bell = await screen.findByRole("link", { name: "通知: 未読 2 件" });
  expect(bell).toHaveAttribute("href", "/notifications");
  // What was there when the page was opened is no news.
  expect(screen.getByRole("status")).toBeEmptyDOMElement();
  unread = 3;
  await act(() => client.invalidateQueries({ queryKey: ["notifications"] }));
  await waitFor(() =>
    expect(screen.getByRole("status")).toHaveTextContent("未読の通知が 3 件になりました"),
  );
  unread = 0;
  await act(() => client.invalidateQueries({ queryKey: ["notifications"] }));
  await screen.findByRole("link", { name: "通知: 未読はありません" });
});
