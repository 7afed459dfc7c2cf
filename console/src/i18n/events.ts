import { EVENT_CODES, EVENTS } from "./events.gen";
import { currentLanguage } from "./index";

/** What an audit event means, by its name; one of a newer server is shown by its name. */
export function eventText(name: string): string {
  return EVENTS[currentLanguage()][EVENT_CODES[name] ?? 0] ?? name;
}

/** What a line of the audit log means, by its code; else as the server says it in English. */
export function lineText(line: { code: number; name: string }): string {
  return EVENTS[currentLanguage()][line.code] ?? line.name;
}
