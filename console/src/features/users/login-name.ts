//! The name a person signs in with, by the server's rule (`LoginName`).
import type { TFunction } from "i18next";
import { normalise } from "../../i18n/format";

const MAX_CHARS = 64;

/** What is wrong with a name, in the reader's language; `null`: nothing. */
export function loginNameFault(t: TFunction, typed: string): string | null {
  const name = normalise(typed);
  if (!name) return t("common.required", { field: t("pages.users.name") });
  const found = /[^a-z0-9._@-]/u.exec(name)?.[0];
  if (found === undefined) {
    return [...name].length > MAX_CHARS ? t("common.tooLong", { count: MAX_CHARS }) : null;
  }
  if (/\s/u.test(found)) return t("pages.setup.nameBlank");
  const lower = found.toLowerCase();
  return lower !== found && /[a-z]/.test(lower)
    ? t("pages.setup.nameCapital", { found, lower })
    : t("pages.setup.nameCharacter", { found });
}
