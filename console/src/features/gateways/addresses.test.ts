import { expect, test } from "vitest";
import { isHost, isHostPort, isNetwork, readLines, readPairing } from "./addresses";

test("an address has a name and a port", () => {
  for (const good of [
    "vault.example.jp:8383",
    "192.0.2.1:443",
    "[2001:db8::1]:8383",
    "localhost:65535",
  ]) {
    expect(isHostPort(good), good).toBe(true);
  }
  for (const bad of [
    "vault.example.jp",
    "vault.example.jp:",
    "vault.example.jp:0",
    "vault.example.jp:65536",
    "2001:db8::1:8383",
    "[vault]:8383",
    "a b:1",
    "300.0.0.1:8383",
    "-a.example:1",
    "https://vault.example.jp:8383",
  ]) {
    expect(isHostPort(bad), bad).toBe(false);
  }
});

test("networks are read as strictly as the server reads them", () => {
  for (const good of ["198.51.100.0/24", "192.0.2.7/32", "2001:db8:7::/48", "10.0.0.0/8"]) {
    expect(isNetwork(good), good).toBe(true);
  }
  for (const bad of [
    "",
    "198.51.100.0",
    "198.51.100.1/24",
    "198.51.100.0/33",
    "0.0.0.0/0",
    "2001:db8::1/48",
    "2001:db8::/129",
    "2001:db8:1:2:3:4:5:6:7::/64",
    "198.51.100.0/x",
    "office/24",
  ]) {
    expect(isNetwork(bad), bad).toBe(false);
  }
});

test("a host is a name or an address, and four numbers are no name", () => {
  expect(["vault.example.jp", "192.0.2.1", "::1", "a"].every(isHost)).toBe(true);
  expect(["", "192.0.2", "192.0.2.256", "a..b", "1::2::3"].some(isHost)).toBe(false);
});

test("lines are read in full-width letters, and the first wrong one is named", () => {
  expect(readLines("１９８.51.100.0／24\n\n198.51.100.0/24", isNetwork)).toEqual({
    read: ["198.51.100.0/24"],
    wrong: undefined,
  });
  const { wrong } = readLines("192.0.2.0/24\n 192.0.2.9/24 \nx", isNetwork);
  expect(wrong).toEqual({ line: 2, text: "192.0.2.9/24" });
});

test("a pairing string is found in what a terminal gave", () => {
  expect(readPairing("  sekisho-gw1-abc\ndef\n")).toBe("sekisho-gw1-abcdef");
  expect(readPairing("Pairing string:\n\nｓｅｋｉｓｈｏ-gw1-abc")).toBe("sekisho-gw1-abc");
  for (const none of ["", "sekisho-ek1-abc", "sekisho-gw1-"]) {
    expect(readPairing(none), none).toBeUndefined();
  }
});
