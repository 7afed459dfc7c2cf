import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Problem } from "../../api/problem";
import { ja } from "../../i18n/ja";
import { PAIRING_CONFLICTS, pairingFault } from "./problem";

const refused = (code: string, more: object) => new Problem({ code, status: 409, ...more });

test("each refusal of a pairing is said where it belongs", () => {
  expect(pairingFault(refused("conflict", { conflict: "pairing_used" }))).toEqual({
    field: "pairing",
    word: "pairing_used",
  });
  expect(pairingFault(refused("conflict", { conflict: "name_taken" }))?.field).toBe("name");
  expect(pairingFault(refused("conflict", { conflict: "too_many" }))?.field).toBeUndefined();
  expect(pairingFault(refused("invalid_input", { field: "pairing" }))?.word).toBe("invalid_string");
  expect(pairingFault(refused("invalid_input", { field: "dial" }))).toEqual({
    field: "dial",
    word: undefined,
  });
  expect(pairingFault(refused("forbidden", {}))).toBeUndefined();
  expect(pairingFault(new Error("x"))).toBeUndefined();
});

test("every conflict of the server's pairing has a text", () => {
  const folder = "../crates/server/src/gateways";
  const found = new Set<string>(["name_taken"]);
  for (const file of ["pairing.rs", "pin.rs"]) {
    expect(readdirSync(folder)).toContain(file);
    const source = readFileSync(`${folder}/${file}`, "utf8");
    for (const [, word] of source.matchAll(/"((?:gateway|pairing)_[a-z_]+|too_many)"/g)) {
      if (word) found.add(word);
    }
  }
  expect([...found].sort()).toEqual([...PAIRING_CONFLICTS].sort());
  for (const word of found) expect(ja.pages.gateways.pair.errors).toHaveProperty(word);
});
