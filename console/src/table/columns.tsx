//! Which columns are shown, and in which order.
import { ActionIcon, Button, Checkbox, Group, Popover, Stack, Text } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconColumns3 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Column } from "./types";

interface Props<T> {
  columns: Column<T>[];
  shown: string[];
  onChange: (shown: string[] | undefined) => void;
}

export function ColumnPicker<T>({ columns, shown, onChange }: Props<T>) {
  const { t } = useTranslation();
  const hidden = columns.filter((column) => !shown.includes(column.id)).map((column) => column.id);
  const label = (id: string) => columns.find((column) => column.id === id)?.label ?? id;
  const move = (id: string, by: number) => {
    const next = [...shown];
    const at = next.indexOf(id);
    next.splice(at, 1);
    next.splice(at + by, 0, id);
    onChange(next);
  };
  return (
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={t("table.columns")}
          aria-haspopup="dialog"
        >
          <IconColumns3 size={18} stroke={1.6} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("table.columns")}>
        <Stack gap={6} miw={230}>
          <Text size="sm" fw={600}>
            {t("table.columns")}
          </Text>
          {[...shown, ...hidden].map((id) => {
            const at = shown.indexOf(id);
            const primary = columns.find((column) => column.id === id)?.primary ?? false;
            return (
              <Group key={id} justify="space-between" wrap="nowrap" gap="xs">
                <Checkbox
                  label={label(id)}
                  checked={at >= 0}
                  disabled={primary}
                  onChange={() =>
                    onChange(at >= 0 ? shown.filter((each) => each !== id) : [...shown, id])
                  }
                />
                {at >= 0 && (
                  <Group gap={2} wrap="nowrap">
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size="sm"
                      disabled={at === 0}
                      aria-label={t("table.columnUp", { name: label(id) })}
                      onClick={() => move(id, -1)}
                    >
                      <IconArrowUp size={14} />
                    </ActionIcon>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size="sm"
                      disabled={at === shown.length - 1}
                      aria-label={t("table.columnDown", { name: label(id) })}
                      onClick={() => move(id, 1)}
                    >
                      <IconArrowDown size={14} />
                    </ActionIcon>
                  </Group>
                )}
              </Group>
            );
          })}
          <Button size="compact-sm" variant="subtle" onClick={() => onChange(undefined)}>
            {t("table.columnsReset")}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
