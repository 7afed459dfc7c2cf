//! The commands that bring an agent onto a host, per system. The key is in none of
//! them: it is pasted when it is asked for.
import type { Package } from "../../api/client";

export type Format = "deb" | "rpm" | "tar.gz";

/**
 * For a shell: the names have no quotes, and a link has none either. Without `agents`,
 * the address that agents call, they install and do not enrol.
 */
export function installCommands(file: Package, agents: string | undefined, link?: string): string {
  const lines: string[] = [];
  if (link) lines.push(`curl --fail --output ${file.file} '${link}'`);
  lines.push(`echo '${file.sha256}  ${file.file}' | sha256sum --check`);
  switch (file.format as Format) {
    case "deb":
      lines.push(`sudo apt install ./${file.file}`);
      break;
    case "rpm":
      lines.push(`sudo dnf install ./${file.file}`);
      break;
    case "tar.gz":
      // The package's own folder is left out: usr and etc go where they belong.
      lines.push(
        `sudo tar --extract --gzip --file ${file.file} --strip-components 1 --directory /`,
      );
      break;
  }
  if (agents) {
    lines.push(`sudo sekisho-agent install --server ${agents}`, "sudo sekisho-agent start");
  }
  return lines.join("\n");
}

/** To take over an agent that another administrator has installed. */
export const UPDATE_COMMAND = "sudo sekisho-agent update";
