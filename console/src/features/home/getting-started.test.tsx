import { screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { draw } from "../../test/render";
import { GettingStarted } from "./getting-started";

interface LinkProps {
  to: string;
  hash?: string;
  search?: object;
  children: ReactNode;
}

vi.mock("@tanstack/react-router", () => ({
  Link: ({ to, hash, search, ...rest }: LinkProps) => (
    <a href={`${to}${hash ? `#${hash}` : ""}`} {...rest} />
  ),
}));

test("every step that is open leads to where it is done, and those that are done nowhere", async () => {
  await draw(
    <GettingStarted
      steps={[
        { id: "factor", done: true, to: "/first-run" },
        { id: "agent", done: false, to: "/first-run" },
        { id: "accounts", done: false, to: "/resources" },
        { id: "backup", done: false, to: "/settings", hash: "backup" },
      ]}
    />,
  );
  const links = screen.getAllByRole("link").map((link) => link.getAttribute("href"));
  expect(links).toEqual(["/first-run", "/resources", "/settings#backup"]);
  screen.getByRole("link", { name: /バックアップを取る/ });
});
