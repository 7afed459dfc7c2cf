//! Tables as files for spreadsheets.
import { Problem, unreachable } from "../api/problem";

/** A cell. A text that a spreadsheet would run as a formula is made harmless. */
export function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** RFC 4180, with the mark by which spreadsheets know UTF-8. */
export function csv(rows: readonly (readonly string[])[]): string {
  return `\uFEFF${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

export function save(name: string, text: string, type = "text/csv;charset=utf-8") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file that the server writes, and puts on record. */
export async function fetchCsv(
  path: string,
  query: Record<string, string | undefined>,
  signal: AbortSignal,
) {
  const url = new URL(`/api/v1${path}`, location.origin);
  for (const [name, value] of Object.entries({ ...query, bom: "true" })) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  let response: Response;
  try {
    response = await globalThis.fetch(new Request(url, { signal, cache: "no-store" }));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable(error);
  }
  if (!response.ok) throw await Problem.from(response);
  // A connection that breaks off is an error here, never a shorter file.
  const text = await response.text().catch((error: unknown) => {
    throw unreachable(error);
  });
  return text.startsWith("\uFEFF") ? text : `\uFEFF${text}`;
}
