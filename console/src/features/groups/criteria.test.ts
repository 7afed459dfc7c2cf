import { expect, test } from "vitest";
import { complete, newRule, withField } from "./criteria";

test("a rule keeps what fits when it looks at something else", () => {
  const rule = { field: "name", operator: "begins_with", text: "web" };
  expect(withField(rule, "address")).toEqual({ ...rule, field: "address" });
  // A platform is compared whole, with one that there is.
  const platform = withField(rule, "platform");
  expect(platform).toEqual({ field: "platform", operator: "equals", text: "linux" });
  expect(withField(platform, "name")).toEqual({ field: "name", operator: "equals", text: "" });
});

test("criteria are asked for only when every rule says with what", () => {
  const rule = { field: "name", operator: "contains", text: " web " };
  expect(complete({ match: "all", rules: [rule] })?.rules[0]?.text).toBe("web");
  expect(complete({ match: "all", rules: [rule, newRule()] })).toBeUndefined();
  expect(complete({ match: "any", rules: [] })).toBeUndefined();
});
