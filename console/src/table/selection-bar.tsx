//! What is selected, and what can be done with it.
import { Button, Group, Paper, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RowAction } from "./types";

interface Props<T> {
  picked: number;
  /** Everything that matches is selected. */
  complete: boolean;
  /** To select everything: so many (`null`: not known). Not offered if `undefined`. */
  offered: number | null | undefined;
  /** So many are read so far, while they are. */
  selecting: number | undefined;
  actions: RowAction<T>[];
  onAction: (action: RowAction<T>) => void;
  onSelectAll: () => void;
  onClear: () => void;
}

export function SelectionBar<T>(props: Props<T>) {
  const { picked, complete, offered, selecting, actions, onAction, onSelectAll, onClear } = props;
  const { t } = useTranslation();
  return (
    <Paper
      withBorder
      p={8}
      radius="md"
      className="bulk-bar"
      role="region"
      aria-label={t("table.actions")}
    >
      <Group gap="xs">
        <Text size="sm" fw={600} aria-live="polite">
          {complete
            ? t("table.allSelected", { count: picked })
            : t("table.selected", { count: picked })}
        </Text>
        {offered !== undefined && (
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={onSelectAll}
            loading={selecting !== undefined}
          >
            {offered === null
              ? t("table.selectAll")
              : t("table.selectAllCount", { count: offered })}
          </Button>
        )}
        {selecting !== undefined && (
          <Text size="sm">{t("table.selectingAll", { count: selecting })}</Text>
        )}
        {actions.map((action) => (
          <Button
            key={action.id}
            size="compact-sm"
            variant={action.danger ? "light" : "filled"}
            {...(action.danger ? { color: "red" } : {})}
            leftSection={action.icon}
            onClick={() => onAction(action)}
          >
            {action.label}
          </Button>
        ))}
        <Button size="compact-sm" variant="subtle" color="gray" ml="auto" onClick={onClear}>
          {t("table.clearSelection")}
        </Button>
      </Group>
    </Paper>
  );
}
