//! How everything looks.
import {
  Alert,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  type MantineColorSchemeManager,
  type MantineColorsTuple,
  Modal,
  Notification,
  Table,
  Tooltip,
} from "@mantine/core";
import i18next from "i18next";

/** 藍, the indigo of the mark. */
const indigo: MantineColorsTuple = [
  "#eef2fc",
  "#dbe2f5",
  "#b3c2ea",
  "#889fdf",
  "#6481d6",
  "#4d6ed0",
  "#4064ce",
  "#3253b6",
  "#24428c",
  "#1b3270",
];

/** The head of a dialog is no second banner of the page. */
const NO_BANNER = { header: { role: "presentation" } };

/** Read anew for each notification, in the reader's language. */
const CLOSE = {
  get "aria-label"() {
    return i18next.t("common.close");
  },
};

/** Quiet text that can still be read: 4.5:1 on every ground it stands on. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5a6168",
    "--mantine-color-placeholder": "#6a7178",
  },
  dark: {
    "--mantine-color-anchor": "var(--mantine-color-indigo-3)",
    "--mantine-color-dimmed": "#a9aeb4",
    "--mantine-color-placeholder": "#a0a5ab",
  },
});

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 5 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  colors: { indigo },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", "Hiragino Sans", "Yu Gothic UI", "Noto Sans JP", "Noto Sans CJK JP", Meiryo, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK JP", monospace',
  headings: { fontWeight: "650" },
  components: {
    // The colour is for the ground and the icon; the words are to be read.
    Alert: Alert.extend({
      defaultProps: { variant: "light" },
      styles: {
        title: { color: "var(--mantine-color-text)" },
        closeButton: { color: "var(--mantine-color-text)" },
      },
    }),
    Badge: Badge.extend({
      defaultProps: { variant: "light", radius: "sm", tt: "none", fw: 550 },
    }),
    Button: Button.extend({ defaultProps: { loaderProps: { type: "dots" } } }),
    Drawer: Drawer.extend({ defaultProps: { attributes: NO_BANNER } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.45, blur: 1 },
        attributes: NO_BANNER,
      },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: CLOSE } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: "xs" } }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        withArrow: true,
        openDelay: 300,
        events: { hover: true, focus: true, touch: true },
      },
    }),
  },
});

const STORED = "sekisho.theme";

/** Keeps the choice where `theme.boot.js` finds it before the first paint. */
export function colorSchemeManager(): MantineColorSchemeManager {
  return {
    get(fallback) {
      try {
        const stored = localStorage.getItem(STORED);
        return stored === "light" || stored === "dark" || stored === "auto" ? stored : fallback;
      } catch {
        return fallback;
      }
    },
    set(value) {
      try {
        localStorage.setItem(STORED, value);
      } catch {
        // Then it is only for this visit.
      }
    },
    subscribe() {},
    unsubscribe() {},
    clear() {
      try {
        localStorage.removeItem(STORED);
      } catch {
        // Nothing was kept.
      }
    },
  };
}
