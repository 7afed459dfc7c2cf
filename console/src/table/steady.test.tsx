import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { steady, useSteady } from "./steady";

interface Row {
  id: string;
  state: string;
}
const rows = (...texts: string[]): Row[] =>
  texts.map((text) => ({ id: text[0] as string, state: text }));
const id = (row: Row) => row.id;
const states = (found: { rows: Row[] }) => found.rows.map((row) => row.state).join(" ");

test("rows stay where they are, with what is known of them now", () => {
  const found = steady(rows("a1", "b1"), rows("b2", "a2"), id);
  expect([states(found), found.fresh]).toEqual(["a2 b2", 0]);
});

test("a new row waits, a row that is gone goes, one that was pushed off stays", () => {
  const found = steady(rows("a1", "b1", "c1"), rows("n1", "a2", "b2"), id);
  expect([states(found), found.fresh]).toEqual(["a2 b2 c1", 1]);
  const gone = steady(rows("a1", "b1", "c1"), rows("a2", "c2"), id);
  expect([states(gone), gone.fresh]).toEqual(["a2 c2", 0]);
  const both = steady(rows("a1", "b1", "c1"), rows("n1", "a2", "c2"), id);
  expect([states(both), both.fresh]).toEqual(["a2 c2", 1]);
});

function List({ next, question = "q", held = false }: ListProps) {
  const found = useSteady(next, question, id, held);
  return (
    <>
      <button type="button" onClick={found.show}>
        {found.fresh}
      </button>
      <ul {...found.watch}>
        <li>{states(found)}</li>
      </ul>
    </>
  );
}
interface ListProps {
  next: Row[];
  question?: string;
  held?: boolean;
}

test("only who is at the list is asked", () => {
  const drawn = render(<List next={rows("a1")} />);
  drawn.rerender(<List next={rows("n1", "a2")} />);
  expect(screen.getByRole("listitem")).toHaveTextContent("n1 a2");
  fireEvent.pointerEnter(screen.getByRole("list"));
  drawn.rerender(<List next={rows("m1", "n1", "a2")} />);
  expect(screen.getByRole("listitem")).toHaveTextContent("n1 a2");
  fireEvent.click(screen.getByRole("button", { name: "1" }));
  expect(screen.getByRole("listitem")).toHaveTextContent("m1 n1 a2");
  // Another question is answered at once.
  drawn.rerender(<List next={rows("z1")} question="other" />);
  expect(screen.getByRole("listitem")).toHaveTextContent("z1");
});

test("selected rows hold the list, too", () => {
  const drawn = render(<List next={rows("a1")} held />);
  drawn.rerender(<List next={rows("n1", "a2")} held />);
  expect(screen.getByRole("listitem")).toHaveTextContent("a2");
  drawn.rerender(<List next={rows("n1", "a2")} />);
  expect(screen.getByRole("listitem")).toHaveTextContent("n1 a2");
});
