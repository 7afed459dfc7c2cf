import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { draw } from "../../test/render";
import { StepTitle } from "./step-title";
import { STEPS } from "./steps";

function Steps() {
  const [at, setAt] = useState(1);
  const step = STEPS[at];
  return (
    <>
      {step && <StepTitle step={step} />}
      <button type="button" onClick={() => setAt(at + 1)}>
        next
      </button>
    </>
  );
}

test("a second Enter on the button that leads on passes no step by", async () => {
  await draw(<Steps />);
  expect(screen.getByRole("heading")).not.toHaveFocus();
  screen.getByRole("button", { name: "next" }).focus();
  await userEvent.keyboard("{Enter}{Enter}");
  expect(screen.getByRole("heading", { name: "名前と証明書" })).toHaveFocus();
});
