import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { draw } from "../test/render";
import { BulkSheet } from "./bulk";
import type { RowAction } from "./types";

interface Row {
  id: string;
  free: boolean;
}

test("an action with a number shows what would happen, and gives each row the same number", async () => {
  const run = vi.fn(async (row: Row) => {
    if (row.id === "b") throw new Error("no");
  });
  const preview = vi.fn(async () => ({ changed: 1, unchanged: 0, refused: 1 }));
  const action: RowAction<Row> = {
    id: "hold",
    label: "保留",
    icon: null,
    explain: "…",
    applies: (row) => row.free,
    otherwise: "保留中",
    amount: { label: "間隔", hint: "…", suffix: "分", min: 1, max: 1440, start: 60 },
    preview,
    run,
  };
  const rows = [
    { id: "a", free: true },
    { id: "b", free: true },
    { id: "c", free: false },
  ];
  const name = (row: Row) => row.id;
  await draw(
    <BulkSheet
      name="agents"
      action={action}
      rows={rows}
      rowId={name}
      rowName={name}
      onClose={() => {}}
    />,
  );
  await screen.findByText("サーバーの確認: 変更 1 件、変更なし 0 件、拒否 1 件");
  expect(preview).toHaveBeenCalledWith(rows.slice(0, 2), { reason: "", amount: 60, choice: "" });
  const field = screen.getByLabelText(/間隔/);
  fireEvent.change(field, { target: { value: "" } });
  expect(screen.getByRole("button", { name: "保留" })).toBeDisabled();
  fireEvent.change(field, { target: { value: "15" } });
  fireEvent.click(screen.getByRole("button", { name: "保留" }));
  await waitFor(() => expect(run).toHaveBeenCalledTimes(2));
  expect(run).toHaveBeenCalledWith(rows[0], { reason: "", amount: 15, choice: "" });
  await screen.findByText("成功 1 件、失敗 1 件");
});

test("what must be chosen is chosen first, and refusals are named before anything is done", async () => {
  const run = vi.fn(async () => {});
  const onDone = vi.fn();
  const action: RowAction<Row> = {
    id: "give",
    label: "譲渡",
    icon: null,
    explain: "…",
    choice: (value, onChange) => (
      <input
        aria-label="相手"
        value={value ?? ""}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    ),
    preview: async (_, { choice }) =>
      choice === "bob"
        ? { changed: 1, unchanged: 0, refused: 0, notes: ["共有が終わります"] }
        : { changed: 0, unchanged: 0, refused: 1, refusals: [{ row: "a", why: "だめです" }] },
    run,
  };
  const name = (row: Row) => row.id;
  const rows = [{ id: "a", free: true }];
  await draw(
    <BulkSheet
      {...{ name: "resources", action, rows, rowId: name, rowName: name, onDone }}
      onClose={() => {}}
    />,
  );
  const give = screen.getByRole("button", { name: "譲渡" });
  expect(give).toBeDisabled();
  fireEvent.change(screen.getByLabelText("相手"), { target: { value: "eve" } });
  await screen.findByText("だめです", { exact: false });
  expect(give).toBeDisabled();
  fireEvent.change(screen.getByLabelText("相手"), { target: { value: "bob" } });
  await screen.findByText("共有が終わります");
  fireEvent.click(give);
  await waitFor(() => expect(onDone).toHaveBeenCalled());
  expect(run).toHaveBeenCalledWith(rows[0], { reason: "", amount: 0, choice: "bob" });
});
