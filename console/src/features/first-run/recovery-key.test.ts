import { webcrypto } from "node:crypto";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { fromBase64Url, NotAKey, prove, readKey, toBase64Url } from "./recovery-key";
import fixture from "./recovery-proof.json";

beforeAll(() => vi.stubGlobal("crypto", webcrypto));

const refused = async (text: string) => {
  const error = await readKey(text).catch((thrown: unknown) => thrown);
  return error instanceof NotAKey ? error.why : error;
};

describe("the recovery key", () => {
  test("answers what the server asks as the command line does", async () => {
    const key = await readKey(fixture.key);
    const proof = await prove(key, fromBase64Url(fixture.enc));
    expect(toBase64Url(proof)).toBe(fixture.proof);
  });

  test("another key answers something else", async () => {
    const key = await readKey(fixture.key);
    key[0] = (key[0] ?? 0) ^ 8;
    const proof = await prove(key, fromBase64Url(fixture.enc));
    expect(toBase64Url(proof)).not.toBe(fixture.proof);
  });

  test("is read the way people copy", async () => {
    const key = await readKey(fixture.key);
    const wide = fixture.key.replace(/[!-~]/g, (letter) =>
      String.fromCharCode(letter.charCodeAt(0) + 0xfee0),
    );
    const broken = `  ${fixture.key.slice(0, 30)}\n ${fixture.key.slice(30).replaceAll("0", "O")} `;
    for (const typed of [fixture.key.toUpperCase(), wide, broken]) {
      expect(await readKey(typed)).toEqual(key);
    }
  });

  test("a slip of the hand is noticed, and said what it is", async () => {
    expect(await refused("hello")).toBe("prefix");
    expect(await refused(`${fixture.key.slice(0, -1)}!`)).toBe("character");
    expect(await refused(fixture.key.slice(0, -3))).toBe("checksum");
    const last = fixture.key.at(20) === "7" ? "8" : "7";
    expect(await refused(`${fixture.key.slice(0, 20)}${last}${fixture.key.slice(21)}`)).toBe(
      "checksum",
    );
  });
});
