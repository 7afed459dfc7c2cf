//! The same as this page, as a command: every screen has its API/CLI twin.
import { Button, Drawer, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconTerminal2 } from "@tabler/icons-react";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { CopyBlock } from "../parts/copy";

export interface Request {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Below `/api/v1`, with its query. */
  path: string;
  body?: unknown;
  /** An object that people edit: its version goes along. */
  version?: number;
}

export interface Twin {
  requests: Request[];
  commands: string[];
}

interface Value {
  twin: Twin | undefined;
  set: (twin: Twin | undefined) => void;
}

const Context = createContext<Value>({ twin: undefined, set: () => {} });

export function TwinProvider({ children }: { children: ReactNode }) {
  const [twin, set] = useState<Twin>();
  const value = useMemo(() => ({ twin, set }), [twin]);
  return <Context value={value}>{children}</Context>;
}

/** Says what the present page is in API and command line. */
export function useTwin(twin: Twin | undefined) {
  const { set } = useContext(Context);
  const text = JSON.stringify(twin);
  useEffect(() => {
    if (text === undefined) return;
    set(JSON.parse(text) as Twin);
    return () => set(undefined);
  }, [text, set]);
}

/** One word of a shell command. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export function curl({ method, path, body, version }: Request): string {
  const parts = ["curl", "--fail-with-body", "-sS"];
  if (method !== "GET") parts.push("-X", method);
  parts.push('-H "Authorization: Bearer $SEKISHO_TOKEN"');
  if (version !== undefined) parts.push(`-H 'If-Match: "${version}"'`);
  if (body !== undefined) {
    parts.push("-H 'Content-Type: application/json'");
    parts.push(`-d ${quote(JSON.stringify(body))}`);
  }
  parts.push(`"$SEKISHO_URL/api/v1${path.replace(/[\\"$`]/g, "\\$&")}"`);
  return parts.join(" ");
}

export function TwinButton() {
  const { t } = useTranslation();
  const { twin } = useContext(Context);
  const [open, { open: show, close }] = useDisclosure(false);
  return (
    <>
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        leftSection={<IconTerminal2 size={16} aria-hidden="true" />}
        onClick={show}
        visibleFrom="sm"
      >
        {t("shell.twin.open")}
      </Button>
      <Drawer
        opened={open}
        onClose={close}
        position="right"
        size="lg"
        title={t("shell.twin.title")}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        {twin ? (
          <Stack>
            <Text size="sm">{t("shell.twin.explain")}</Text>
            {twin.commands.length > 0 && (
              <section>
                <Title order={3} size="h5" mb={6}>
                  {t("shell.twin.cli")}
                </Title>
                <CopyBlock value={twin.commands.join("\n")} />
              </section>
            )}
            <section>
              <Title order={3} size="h5" mb={6}>
                {t("shell.twin.curl")}
              </Title>
              <Stack gap="xs">
                {twin.requests.map((request) => (
                  <CopyBlock key={curl(request)} value={curl(request)} />
                ))}
              </Stack>
            </section>
            <Text size="xs" c="dimmed">
              {t("shell.twin.token")}
            </Text>
          </Stack>
        ) : (
          <Text c="dimmed">{t("shell.twin.none")}</Text>
        )}
      </Drawer>
    </>
  );
}
