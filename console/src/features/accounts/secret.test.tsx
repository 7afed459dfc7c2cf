import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { kindOf } from "./secret";
import { SecretDialog } from "./secret-dialog";

const ACCOUNT = { id: "a1", name: "root", resource: { name: "web-1" } };
const value = (number: number, state: string, text: string) => ({
  version: `v${number}`,
  number,
  state,
  origin: "generated",
  value: text,
  evidence: "…",
  since: "2026-11-22T00:00:00Z",
});
const revealed = (...values: object[]) => ({
  account: { ...ACCOUNT, resource: { id: "r1", name: "web-1" } },
  values,
  hide_after_s: 10,
});
const SECRET = "Zx9!correct";

beforeEach(() =>
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance", "Date"] }),
);
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function reveal() {
  fireEvent.change(screen.getByLabelText(/理由/), { target: { value: "INC-1" } });
  fireEvent.click(screen.getByRole("button", { name: "パスワードを表示" }));
  await screen.findByText(/秒後に隠します/);
}

/** The text of the page: a value is drawn in pieces. */
const shown = () => document.body.textContent ?? "";

test("a reason is needed before anything is asked for", async () => {
  const asked = serve({});
  await draw(<SecretDialog of={{ account: ACCOUNT, purpose: "show" }} onClose={() => {}} />);
  expect(screen.getByRole("button", { name: "パスワードを表示" })).toBeDisabled();
  expect(asked).toEqual([]);
});

test("a value is shown, hides itself, and is kept nowhere", async () => {
  serve({ "POST /accounts/a1/reveal": () => json(revealed(value(3, "current", SECRET))) });
  const { client } = await draw(
    <SecretDialog of={{ account: ACCOUNT, purpose: "show" }} onClose={() => {}} />,
  );
  await reveal();
  expect(shown()).toContain(SECRET);
  const kept = JSON.stringify(
    client
      .getQueryCache()
      .getAll()
      .map((query) => query.state.data),
  );
  expect(kept).not.toContain(SECRET);

  act(() => void vi.advanceTimersByTime(9_000));
  expect(shown()).toContain(SECRET);
  act(() => void vi.advanceTimersByTime(1_500));
  expect(shown()).not.toContain(SECRET);
  expect(screen.getByText("パスワードを隠しました")).toBeInTheDocument();
});

test("it can be kept open longer, once", async () => {
  serve({ "POST /accounts/a1/reveal": () => json(revealed(value(3, "current", SECRET))) });
  await draw(<SecretDialog of={{ account: ACCOUNT, purpose: "show" }} onClose={() => {}} />);
  await reveal();
  const longer = () => screen.queryByRole("button", { name: "あと 30 秒表示" });
  fireEvent.click(longer() ?? document.body);
  expect(longer()).toBeNull();
  act(() => void vi.advanceTimersByTime(39_000));
  expect(shown()).toContain(SECRET);
  act(() => void vi.advanceTimersByTime(1_500));
  expect(shown()).not.toContain(SECRET);
});

test("the time stands still while it is read aloud, and not for ever", async () => {
  serve({ "POST /accounts/a1/reveal": () => json(revealed(value(3, "current", SECRET))) });
  await draw(<SecretDialog of={{ account: ACCOUNT, purpose: "show" }} onClose={() => {}} />);
  await reveal();
  const table = document.querySelector("details") as HTMLDetailsElement;
  table.open = true;
  fireEvent(table, new Event("toggle"));
  act(() => void vi.advanceTimersByTime(59_000));
  expect(shown()).toContain(SECRET);
  act(() => void vi.advanceTimersByTime(11_500));
  expect(shown()).not.toContain(SECRET);
});

test("a value that is shown can be copied without asking again", async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText }, languages: ["ja"] });
  const asked = serve({
    "POST /accounts/a1/reveal": () => json(revealed(value(3, "current", SECRET))),
  });
  await draw(<SecretDialog of={{ account: ACCOUNT, purpose: "show" }} onClose={() => {}} />);
  await reveal();
  fireEvent.click(screen.getByRole("button", { name: "コピー" }));
  await vi.waitFor(() => expect(writeText).toHaveBeenCalledWith(SECRET));
  expect(asked).toEqual(["POST /accounts/a1/reveal"]);
});

test("while two values may work both are shown, and it is said", async () => {
  serve({
    "POST /accounts/a1/reveal": () =>
      json(revealed(value(4, "indeterminate", "newer-One"), value(3, "current", "older-One"))),
  });
  await draw(<SecretDialog of={{ account: ACCOUNT, purpose: "show" }} onClose={() => {}} />);
  await reveal();
  expect(shown()).toContain("newer-One");
  expect(shown()).toContain("older-One");
  expect(screen.getByText("有効な値が二つ考えられます")).toBeInTheDocument();
});

test("a copied value is never drawn", async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText }, languages: ["ja"] });
  const asked: unknown[] = [];
  serve({
    "POST /accounts/a1/reveal": async (request) => {
      asked.push(await request.json());
      return json(revealed(value(3, "current", SECRET)));
    },
  });
  const onClose = vi.fn();
  await draw(<SecretDialog of={{ account: ACCOUNT, purpose: "copy" }} onClose={onClose} />);
  fireEvent.change(screen.getByLabelText(/理由/), { target: { value: "INC-1" } });
  fireEvent.click(screen.getByRole("button", { name: "表示せずにコピー" }));
  await vi.waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(writeText).toHaveBeenCalledWith(SECRET);
  expect(asked).toEqual([{ reason: "INC-1", purpose: "copy" }]);
  expect(shown()).not.toContain(SECRET);
});

test("a refusal is told in the reader's language, and what was typed stays", async () => {
  serve({
    "POST /accounts/a1/reveal": () =>
      json({ code: "forbidden", detail: "the role does not allow it", request_id: "r9" }, 403),
  });
  await draw(<SecretDialog of={{ account: ACCOUNT, purpose: "show" }} onClose={() => {}} />);
  fireEvent.change(screen.getByLabelText(/理由/), { target: { value: "INC-1" } });
  fireEvent.click(screen.getByRole("button", { name: "パスワードを表示" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("この操作の権限がありません");
  expect(screen.getByLabelText(/理由/)).toHaveValue("INC-1");
});

test("characters are told apart for reading out", () => {
  expect([..."aA1!あ ０"].map(kindOf)).toEqual([
    "lower",
    "upper",
    "digit",
    "symbol",
    "other",
    "other",
    "digit",
  ]);
});
