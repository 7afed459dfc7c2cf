//! The choices of this person follow them to other browsers: they are kept by the
//! server, and here so that the first paint is right.
import { useMantineColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../api/client";
import { changeLanguage, chosenLanguage, currentLanguage } from "../i18n";
import { preferences, setPreferences, usePreferences } from "./preferences";

type Kept = Schemas["PreferencesView"];

/** What the server says of somebody who never said anything. */
const UNSAID: Kept = {
  language: null,
  theme: "auto",
  density: "normal",
  shortcuts: true,
  start_dismissed: false,
};

/** Clicks in a row are one change, in milliseconds. */
const SETTLE = 800;

const same = (one: Kept, other: Kept) =>
  (Object.keys(UNSAID) as (keyof Kept)[]).every((key) => one[key] === other[key]);

export function usePreferenceSync() {
  const { i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const chosen = usePreferences();
  const [ready, setReady] = useState(false);
  const kept = useRef<Kept>(UNSAID);
  const apply = useRef(setColorScheme);
  apply.current = setColorScheme;

  useEffect(() => {
    let gone = false;
    const load = async () => {
      const found = await body(api.GET("/api/v1/me/preferences"));
      if (gone) return;
      kept.current = found;
      // Who never said anything keeps what this browser has, and says it now.
      if (!same(found, UNSAID)) {
        const { density, shortcuts, start_dismissed: startDismissed, theme, language } = found;
        setPreferences({
          density: density === "compact" ? "compact" : "normal",
          shortcuts,
          startDismissed,
        });
        if (theme === "auto" || theme === "light" || theme === "dark") apply.current(theme);
        if ((language === "ja" || language === "en") && language !== currentLanguage()) {
          await changeLanguage(language);
        }
      }
      setReady(true);
    };
    // Without it everything works as this browser remembers it.
    load().catch(() => undefined);
    return () => {
      gone = true;
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: read when one of them changes
  useEffect(() => {
    if (!ready) return undefined;
    const { density, shortcuts, startDismissed } = preferences();
    const wanted: Kept = {
      // What the browser prefers is no choice.
      language: chosenLanguage(),
      theme: colorScheme,
      density,
      shortcuts,
      start_dismissed: startDismissed,
    };
    if (same(wanted, kept.current)) return undefined;
    const timer = setTimeout(() => {
      kept.current = wanted;
      void api.PUT("/api/v1/me/preferences", { body: wanted }).catch(() => undefined);
    }, SETTLE);
    return () => clearTimeout(timer);
  }, [ready, chosen, colorScheme, i18n.language]);
}
