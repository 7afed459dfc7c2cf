//! Languages: Japanese is the source; English has the same keys or does not compile.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { ja as source } from "./ja";

export const LANGUAGES = ["ja", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Catalogue = typeof source;

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: Catalogue };
    returnNull: false;
    enableSelector: false;
  }
}

const STORED = "sekisho.language";

const FIRST = {
  ja: async () => (await import("./ja/first")).first,
  en: async () => (await import("./en/first")).first,
} as const;

const REST = {
  ja: async () => (await import("./ja/pages")).pages,
  en: async () => (await import("./en/pages")).pages,
} as const;

// Whether a page other than those of the first load was asked for.
let whole = false;

/** What the person chose on this browser, if they did. */
export function chosenLanguage(): Language | null {
  try {
    const stored = localStorage.getItem(STORED);
    return isLanguage(stored) ? stored : null;
  } catch {
    // Storage may be forbidden.
    return null;
  }
}

/** What the person chose, else what the browser prefers, else Japanese. */
export function preferredLanguage(): Language {
  const chosen = chosenLanguage();
  if (chosen) return chosen;
  for (const wanted of navigator.languages) {
    const short = wanted.slice(0, 2).toLowerCase();
    if (isLanguage(short)) return short;
  }
  return "ja";
}

export async function startI18n(language: Language) {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: { translation: await FIRST[language]() } },
    // React escapes.
    interpolation: { escapeValue: false },
    returnNull: false,
    // A text that is not there is a fault: whoever looks at the console sees it.
    saveMissing: true,
    // biome-ignore lint/suspicious/noConsole: the console of the browser is where it is looked for
    missingKeyHandler: (_, __, key) => console.error(`no text for ${key}`),
  });
  document.documentElement.lang = language;
}

/**
 * Brings the texts of every page. Until then there are only those of the first
 * load: signing in and Home.
 */
export async function allTexts() {
  whole = true;
  await addRest(currentLanguage());
}

const RESTED = new Set<Language>();

async function addRest(language: Language) {
  if (RESTED.has(language)) return;
  const pages = await REST[language]();
  i18next.addResourceBundle(language, "translation", { pages }, true);
  RESTED.add(language);
}

export async function changeLanguage(language: Language) {
  if (!i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", await FIRST[language]());
  }
  if (whole) await addRest(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // Then it is only for this visit.
  }
}

export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "ja";
}

function isLanguage(text: string | null | undefined): text is Language {
  return (LANGUAGES as readonly (string | null | undefined)[]).includes(text);
}
