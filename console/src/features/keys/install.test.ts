import { describe, expect, test } from "vitest";
import type { Package } from "../../api/client";
import { installCommands } from "./install";

const file = (format: string): Package => ({
  id: "0193e4a0-7c1b-7000-8000-000000000001",
  file: `sekisho-agent_0.1.0_amd64.${format}`,
  format,
  platform: "linux",
  architecture: "amd64",
  version: "0.1.0",
  bytes: 1,
  sha256: "ab".repeat(32),
  added_at: "2026-05-01T09:00:00.000Z",
});

describe("commands to install an agent", () => {
  test("check the file, install it for its system, and ask for the key", () => {
    const commands = installCommands(file("deb"), "vault.example.jp:8383").split("\n");
    expect(commands).toEqual([
      `echo '${"ab".repeat(32)}  sekisho-agent_0.1.0_amd64.deb' | sha256sum --check`,
      "sudo apt install ./sekisho-agent_0.1.0_amd64.deb",
      "sudo sekisho-agent install --server vault.example.jp:8383",
      "sudo sekisho-agent start",
    ]);
    expect(installCommands(file("rpm"), "x")).toContain("sudo dnf install ./");
    expect(installCommands(file("tar.gz"), "x")).toContain("--strip-components 1 --directory /");
  });

  test("fetch the file first where there is a link", () => {
    const link = "https://vault.example.jp:8443/api/v1/shared-packages/sekisho_dl_x";
    const [first] = installCommands(file("deb"), "x", link).split("\n");
    expect(first).toBe(`curl --fail --output sekisho-agent_0.1.0_amd64.deb '${link}'`);
  });
});
