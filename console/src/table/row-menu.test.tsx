import { Menu } from "@mantine/core";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { draw } from "../test/render";
import { RowMenu } from "./row-menu";

test("the menu of a row opens at the first press of a key, closes, and opens again", async () => {
  const run = vi.fn();
  const user = userEvent.setup();
  await draw(
    <RowMenu label="その他: web1">
      <Menu.Item onClick={run}>照合</Menu.Item>
    </RowMenu>,
  );
  const button = () => screen.getByRole("button", { name: "その他: web1" });
  expect(button()).toHaveAttribute("aria-expanded", "false");
  button().focus();
  await user.keyboard("{Enter}");
  const item = await screen.findByRole("menuitem", { name: "照合" });
  expect(button()).toHaveAttribute("aria-expanded", "true");
  await waitFor(() =>
    expect(screen.getByRole("menu")).toContainElement(document.activeElement as HTMLElement),
  );
  await user.keyboard("{Escape}");
  await waitFor(() => expect(item).not.toBeInTheDocument());
  await waitFor(() => expect(button()).toHaveFocus());
  await user.keyboard("{Enter}");
  await user.click(await screen.findByRole("menuitem", { name: "照合" }));
  expect(run).toHaveBeenCalledTimes(1);
});
