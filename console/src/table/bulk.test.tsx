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
  expect(preview).toHaveBeenCalledWith(rows.slice(0, 2), 60);
  const field = screen.getByLabelText(/間隔/);
  fireEvent.change(field, { target: { value: "" } });
  expect(screen.getByRole("button", { name: "保留" })).toBeDisabled();
  fireEvent.change(field, { target: { value: "15" } });
  fireEvent.click(screen.getByRole("button", { name: "保留" }));
  await waitFor(() => expect(run).toHaveBeenCalledTimes(2));
  expect(run).toHaveBeenCalledWith(rows[0], "", 15);
  await screen.findByText("成功 1 件、失敗 1 件");
});
