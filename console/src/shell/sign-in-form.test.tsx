import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../test/render";
import { methodOf } from "./code-field";
import { SignInForm } from "./sign-in-form";

afterEach(() => vi.unstubAllGlobals());

const NEEDED = {
  code: "second_factor_needed",
  status: 401,
  methods: ["totp", "recovery_code"],
  pending: "sekisho_pend_x",
};

async function firstStep() {
  fireEvent.change(screen.getByLabelText("ユーザー名"), { target: { value: "ann" } });
  fireEvent.change(screen.getByLabelText("パスワード"), { target: { value: "secret" } });
  fireEvent.click(screen.getByRole("button", { name: "サインイン" }));
  return screen.findByLabelText("コード");
}

async function secondStep(code: string) {
  fireEvent.change(await screen.findByLabelText("コード"), { target: { value: code } });
  fireEvent.click(screen.getByRole("button", { name: "サインイン" }));
}

test("a code is asked for after the password, and a wrong one may be tried again", async () => {
  const bodies: unknown[] = [];
  const answers = [json({ code: "invalid_input", status: 400, field: "code" }, 400), json({})];
  const done = vi.fn();
  const asked = serve({
    "POST /session": () => json(NEEDED, 401),
    "POST /session/second-factor": async (request) => {
      bodies.push(await request.json());
      return answers.shift() ?? json({});
    },
  });
  await draw(<SignInForm onDone={done} />);
  await firstStep();
  await secondStep("123456");
  await screen.findByText(/コードが違うか/);
  expect(done).not.toHaveBeenCalled();
  await secondStep("abcd-efgh-ijkl-mnop");
  await waitFor(() => expect(done).toHaveBeenCalled());
  expect(bodies).toEqual([
    { pending: "sekisho_pend_x", method: "totp", code: "123456" },
    { pending: "sekisho_pend_x", method: "recovery_code", code: "abcd-efgh-ijkl-mnop" },
  ]);
  expect(asked.filter((name) => name === "POST /session")).toHaveLength(1);
});

test("a sign-in that took too long begins again", async () => {
  serve({
    "POST /session": () => json(NEEDED, 401),
    "POST /session/second-factor": () => json({ code: "unauthenticated", status: 401 }, 401),
  });
  await draw(<SignInForm onDone={() => {}} />);
  await firstStep();
  await secondStep("123456");
  await screen.findByText(/最初からやり直して/);
  fireEvent.click(screen.getByRole("button", { name: "最初に戻る" }));
  expect(screen.getByLabelText("ユーザー名")).toBeInTheDocument();
});

test("codes of apps are digits in any width, recovery codes have letters", () => {
  expect([methodOf("123456"), methodOf("１２３ ４５６")]).toEqual(["totp", "totp"]);
  expect(methodOf("abcd-efgh")).toBe("recovery_code");
});

test("the provider is offered where there is one, and leads back to the page", async () => {
  serve({ "GET /system/public": () => json({ oidc: "社内 ID", passkeys: false }) });
  await draw(<SignInForm back="/accounts?q=db" onDone={() => {}} />);
  const way = await screen.findByRole("link", { name: "社内 ID でサインイン" });
  expect(way).toHaveAttribute("href", "/api/v1/session/oidc/start?back=%2Faccounts%3Fq%3Ddb");
});
