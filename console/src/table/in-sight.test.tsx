import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { useRowsInSight } from "./in-sight";

const many = Array.from({ length: 50 }, (_, n) => n);
const drawings: number[] = [];

function List({ rows }: { rows: number[] }) {
  const drawn = useRowsInSight(rows);
  drawings.push(drawn.length);
  return <p>{drawn.join(" ")}</p>;
}

test("the rows in sight come first, all of them follow, and later changes are whole", () => {
  const list = render(<List rows={[]} />);
  drawings.length = 0;
  list.rerender(<List rows={many} />);
  expect(drawings).toEqual([20, 50]);
  expect(screen.getByText(many.join(" "))).toBeVisible();
  list.rerender(<List rows={[...many, 50]} />);
  expect(drawings).toEqual([20, 50, 51]);
});
