//! Keyboard: `?`, `/`, `g x`. Nothing while somebody types (WCAG 2.1.4), and it
//! can be switched off.
import { Kbd, Modal, Stack, Switch, Table, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { PageLink } from "./nav";
import { preferences, setPreferences, usePreferences } from "./preferences";

/** Whether a key belongs to a field or a dialog and not to the page. */
export function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (event.isComposing || !preferences().shortcuts) return true;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select")) return true;
  return document.querySelector('[role="dialog"], [role="menu"]') !== null;
}

const CHORD = 1_500;

export function Keys({ pages }: { pages: PageLink[] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  const { shortcuts } = usePreferences();
  const chord = useRef(0);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTaken(event)) return;
      if (Date.now() - chord.current < CHORD) {
        chord.current = 0;
        const page = pages.find((each) => each.key === event.key);
        if (page) {
          event.preventDefault();
          void navigate({ to: page.to });
          return;
        }
      }
      if (event.key === "g") {
        chord.current = Date.now();
      } else if (event.key === "?") {
        event.preventDefault();
        setHelp(true);
      } else if (event.key === "/") {
        const search = document.querySelector<HTMLInputElement>("[data-list-search]");
        if (search) {
          event.preventDefault();
          search.focus();
          search.select();
        }
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate, pages]);

  const rows: [string[], string][] = [
    [["Ctrl / ⌘", "K"], t("shell.keys.palette")],
    [["/"], t("shell.keys.search")],
    [["j"], t("shell.keys.down")],
    [["k"], t("shell.keys.up")],
    [["x"], t("shell.keys.select")],
    [["Enter"], t("shell.keys.open")],
    [["v"], t("shell.keys.views")],
    ...pages.map((page): [string[], string] => [
      ["g", page.key],
      t("shell.keys.go", { page: t(`shell.nav.${page.name}`) }),
    ]),
    [["?"], t("shell.keys.help")],
  ];
  return (
    <Modal
      opened={help}
      onClose={() => setHelp(false)}
      title={t("shell.keys.label")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <Stack>
        <Table withRowBorders={false} verticalSpacing={4}>
          <Table.Tbody>
            {rows.map(([keys, text]) => (
              <Table.Tr key={text}>
                <Table.Td w={130}>
                  {keys.map((key) => (
                    <Kbd key={key} mr={4}>
                      {key}
                    </Kbd>
                  ))}
                </Table.Td>
                <Table.Td>{text}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Switch
          checked={shortcuts}
          onChange={(event) => setPreferences({ shortcuts: event.currentTarget.checked })}
          label={t("shell.keys.on")}
        />
        <Text size="sm" c="dimmed">
          {t("shell.keys.off")}
        </Text>
      </Stack>
    </Modal>
  );
}
