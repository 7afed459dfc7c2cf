import { expect, test } from "vitest";
import { readNames } from "./server-names";

test("names and addresses are read one per line, in any width", () => {
  const { names, wrong } = readNames("vault.Example.jp\n１９２.0.2.10, 2001:db8::1\n\nvault-2");
  expect(names).toEqual(["vault.example.jp", "192.0.2.10", "2001:db8::1", "vault-2"]);
  expect(wrong).toBeUndefined();
});

test("the line that is wrong is named, and where it stands", () => {
  for (const bad of ["https://vault", "vault_!", "192.0.2.999", "-a.example", "a..b", "*.a.jp"]) {
    const text = `ok.example\n  ${bad}\n`;
    const { wrong } = readNames(text);
    expect(wrong, bad).toMatchObject({ line: 2, name: bad });
    expect(text.slice(wrong?.from, wrong?.to)).toBe(bad);
  }
});
