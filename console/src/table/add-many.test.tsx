import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { Problem } from "../api/problem";
import { draw } from "../test/render";
import { AddMany } from "./add-many";

test("several are found and added, and each says for itself how it went", async () => {
  const onClose = vi.fn();
  let full = true;
  const add = vi.fn(async (id: string) => {
    if (id === "b" && full)
      throw new Problem({ code: "conflict", status: 409, conflict: "too_many_groups" });
  });
  await draw(
    <AddMany
      title="メンバーを追加"
      label="ユーザー"
      name="users"
      find={async () => [
        { id: "a", name: "ann", hint: "Ann" },
        { id: "b", name: "bob", hint: "bob" },
      ]}
      add={add}
      touches={["user-groups"]}
      onClose={onClose}
    />,
  );
  const submit = screen.getByRole("button", { name: "追加" });
  expect(submit).toBeDisabled();
  const field = screen.getByRole("combobox", { name: "ユーザー" });
  fireEvent.click(field);
  fireEvent.click(await screen.findByRole("option", { name: "ann (Ann)", hidden: true }));
  fireEvent.click(field);
  fireEvent.click(await screen.findByRole("option", { name: "bob", hidden: true }));
  fireEvent.click(submit);
  await screen.findByText(/属せるグループ数の上限です/);
  expect(onClose).not.toHaveBeenCalled();
  full = false;
  fireEvent.click(screen.getByRole("button", { name: "失敗した行を再試行" }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(add.mock.calls.map(([id]) => id)).toEqual(["a", "b", "b"]);
});
