import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { draw } from "../test/render";
import { ariaSort, nextSort, SortHead, SortMenu } from "./sort";

test("a head goes upwards, downwards, and back to the usual order", () => {
  expect(nextSort(undefined, "name")).toBe("name");
  expect(nextSort("name", "name")).toBe("-name");
  expect(nextSort("-name", "name")).toBeUndefined();
  expect(nextSort("-created_at", "name")).toBe("name");
  expect(ariaSort("-name", "name")).toBe("descending");
  expect(ariaSort("name", "created_at")).toBe("none");
  expect(ariaSort("name", undefined)).toBeUndefined();
});

test("the head is a button and says where it leads", async () => {
  const asked: (string | undefined)[] = [];
  await draw(
    <SortHead label="名前" word="name" now="name" onChange={(next) => asked.push(next)} />,
  );
  fireEvent.click(screen.getByRole("button", { name: "名前" }));
  expect(asked).toEqual(["-name"]);
});

test("without heads there is a menu, and none where nothing can be sorted", async () => {
  const columns = [{ label: "名前", sort: "name" }, { label: "状態" }];
  const { unmount } = await draw(<SortMenu columns={columns} now="-name" onChange={() => {}} />);
  expect(screen.getByRole("combobox")).toHaveValue("名前（降順）");
  unmount();
  await draw(<SortMenu columns={[{ label: "状態" }]} now={undefined} onChange={() => {}} />);
  expect(screen.queryByRole("combobox")).toBeNull();
});
