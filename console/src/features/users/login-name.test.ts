import i18next from "i18next";
import { beforeAll, expect, test } from "vitest";
import { allTexts, startI18n } from "../../i18n";
import { loginNameFault } from "./login-name";

beforeAll(async () => {
  await startI18n("ja");
  await allTexts();
});

const fault = (name: string) => loginNameFault(i18next.t, name);

test("a name that the server takes is taken, in any width", () => {
  for (const name of ["ann", "ａｎｎ", "svc-01_x.y@corp", "a".repeat(64)]) {
    expect(fault(name), name).toBeNull();
  }
});

test("what is wrong is named", () => {
  expect(fault("Tanaka")).toContain("「T」");
  expect(fault("田中")).toContain("「田」");
  expect(fault("ann smith")).toContain("空白");
  expect(fault(" ")).toContain("入力してください");
  expect(fault("a".repeat(65))).toContain("64");
});
