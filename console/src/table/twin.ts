//! A list's twin: the same conditions as a command and as a request.
import { quote, type Twin } from "../shell/twin";
import type { ListSearch } from "./search";

/**
 * `options` holds, for each condition that the command line has, how it is said
 * there. Conditions without a value are left out.
 */
export function listTwin(
  path: string,
  command: string,
  search: ListSearch & Record<string, unknown>,
  options: Record<string, string | undefined> = {},
): Twin {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (name === "cols" || name === "open" || name === "tab" || name === "new") continue;
    if (typeof value === "string" || typeof value === "number") query.set(name, String(value));
  }
  const text = query.toString();
  const all = { ...options, sort: option("--sort", search.sort) };
  const words = Object.values(all).filter((word) => word !== undefined && word !== "");
  return {
    requests: [{ method: "GET", path: text ? `${path}?${text}` : path }],
    commands: [[command, ...words].join(" ")],
  };
}

export const option = (name: string, value: unknown) =>
  typeof value === "string" ? `${name} ${quote(value)}` : undefined;
