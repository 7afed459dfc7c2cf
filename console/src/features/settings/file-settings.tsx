//! The settings that the server began with: shown, and said where they change.
import { Code, Group, Stack, Switch, Table, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { settings as settingsQuery } from "../../api/queries";
import { normalise } from "../../i18n/format";
import { PlainTable } from "../../parts/plain-table";
import { Loading, LoadProblem } from "../../parts/problem";

type Setting = Schemas["SettingView"];

export function FileSettings() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(settingsQuery);
  const [typed, setTyped] = useState("");
  const [onlyGiven, setOnlyGiven] = useState(false);
  if (error && !data) return <LoadProblem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  const sought = normalise(typed).toLowerCase();
  const shown = data.items.filter(
    (setting) =>
      (!onlyGiven || setting.source !== "default") &&
      [setting.key, setting.environment, setting.meaning, setting.value ?? ""].some((text) =>
        text.toLowerCase().includes(sought),
      ),
  );
  return (
    <Stack>
      <Text size="sm">{t("pages.settings.file.explain")}</Text>
      <Group>
        <TextInput
          data-list-search
          type="search"
          w={{ base: "100%", sm: 300 }}
          leftSection={<IconSearch size={16} aria-hidden="true" />}
          aria-label={t("table.search")}
          placeholder={t("table.search")}
          aria-keyshortcuts="/"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Switch
          label={t("pages.settings.file.changed")}
          checked={onlyGiven}
          onChange={(event) => setOnlyGiven(event.currentTarget.checked)}
        />
      </Group>
      {shown.length === 0 ? (
        <Text c="dimmed" role="status">
          {t("pages.settings.file.noMatch")}
        </Text>
      ) : (
        <PlainTable
          label={t("pages.settings.tabs.file")}
          minWidth={720}
          heads={[
            t("pages.settings.file.key"),
            t("pages.settings.file.value"),
            t("pages.settings.file.source"),
            t("common.details"),
          ]}
        >
          {shown.map((setting) => (
            <Row key={setting.key} setting={setting} />
          ))}
        </PlainTable>
      )}
    </Stack>
  );
}

function Row({ setting }: { setting: Setting }) {
  const { t } = useTranslation();
  const quiet = (text: string) => (
    <Text span size="sm" c="dimmed">
      {text}
    </Text>
  );
  const source = t(`pages.settings.file.sources.${setting.source}` as never, {
    defaultValue: setting.source,
  });
  return (
    <Table.Tr style={{ verticalAlign: "top" }}>
      <Table.Th scope="row" className="mono" fw={500}>
        {setting.key}
      </Table.Th>
      <Table.Td style={{ wordBreak: "break-all" }}>
        {setting.hidden ? (
          quiet(t("pages.settings.file.hidden"))
        ) : setting.value == null ? (
          quiet(t("pages.settings.file.notGiven"))
        ) : (
          <span className="mono">{setting.value}</span>
        )}
      </Table.Td>
      <Table.Td>
        {setting.source === "default" ? quiet(source) : source}
        {setting.file && (
          <Text size="xs" c="dimmed" className="mono">
            {setting.file}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <details>
          <summary>
            <Text span size="sm">
              {t("pages.settings.file.meaning")}
            </Text>
          </summary>
          <Stack gap={4} mt={4} maw={420}>
            <Text size="sm" lang="en">
              {setting.meaning}
            </Text>
            <Text size="sm">
              {t("pages.settings.file.environment")}: <Code>{setting.environment}</Code>
            </Text>
            {setting.default != null && (
              <Text size="sm">
                {t("pages.settings.file.default")}: <Code>{setting.default}</Code>
              </Text>
            )}
            <Text size="sm">
              {t("pages.settings.file.unit")}: <span lang="en">{setting.unit}</span>
            </Text>
          </Stack>
        </details>
      </Table.Td>
    </Table.Tr>
  );
}
