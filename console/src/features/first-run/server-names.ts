//! Names and addresses of the server, as people type them: one per line.
import { normalise } from "../../i18n/format";

export interface WrongName {
  /** Which line it stands on, from 1. */
  line: number;
  name: string;
  /** Where it stands in the text. */
  from: number;
  to: number;
}

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

const isDnsName = (name: string) =>
  name.length <= 253 && name.split(".").every((label) => LABEL.test(label));

/** Close enough: the server reads addresses for good. */
function isAddress(name: string): boolean {
  if (name.includes(":")) return /^[0-9a-f:.]+$/.test(name);
  const parts = name.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && +part < 256);
}

/** Four numbers are meant as an address, and no DNS name. */
const looksLikeAddress = (name: string) => /^[\d.]+$/.test(name) || name.includes(":");

export function readNames(text: string): { names: string[]; wrong: WrongName | undefined } {
  const names: string[] = [];
  let wrong: WrongName | undefined;
  for (const { 0: typed, index } of text.matchAll(/[^\s,、]+/gu)) {
    const name = normalise(typed).toLowerCase();
    const good = looksLikeAddress(name) ? isAddress(name) : isDnsName(name);
    if (!good && !wrong) {
      const line = text.slice(0, index).split("\n").length;
      wrong = { line, name: typed, from: index, to: index + typed.length };
    }
    names.push(name);
  }
  return { names, wrong };
}
