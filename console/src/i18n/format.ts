//! Times, numbers and names in the language of the reader.
import { currentLanguage } from "./index";

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026/11/21 22:05:09 JST`: exact, with the zone. */
export function exactTime(value: string): string {
  const language = currentLanguage();
  let format = formats.get(language);
  if (!format) {
    format = new Intl.DateTimeFormat(language === "ja" ? "ja-JP" : "en-GB", {
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      timeZoneName: "short",
    });
    formats.set(language, format);
  }
  return format.format(new Date(value));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** `3 分前`, `in 2 hours`; below ten seconds `now`. */
export function relativeTime(value: string, now: number): string {
  const seconds = (new Date(value).getTime() - now) / 1000;
  const format = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: "auto" });
  if (Math.abs(seconds) < 10) return format.format(0, "second");
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, "second");
}

export function number(value: number): string {
  return new Intl.NumberFormat(currentLanguage()).format(value);
}

/** What people type into searches and names: full-width letters become plain ones. */
export function normalise(text: string): string {
  return text.normalize("NFKC").trim();
}
