//! What stands below a list, and what stands there until it is read.
import { ActionIcon, Group, Select, Skeleton, Stack, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconChevronsLeft } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { LIMITS, type ListState } from "./search";

/** Rows a page, and turning pages; `next` is where the next one begins. */
export function PageControls({ list, next }: { list: ListState; next: string | undefined }) {
  const { t } = useTranslation();
  return (
    <Group gap={6} wrap="nowrap">
      <Select
        size="xs"
        w={120}
        aria-label={t("table.rows")}
        data={LIMITS.map((limit) => ({
          value: String(limit),
          label: t("table.perPage", { count: limit }),
        }))}
        value={String(list.limit)}
        allowDeselect={false}
        onChange={(value) => list.set({ limit: Number(value) })}
      />
      <PageButton label={t("table.first")} on={list.page > 1 || !!list.after} go={list.first}>
        <IconChevronsLeft size={17} />
      </PageButton>
      <PageButton label={t("table.previous")} on={list.page > 1} go={list.previous}>
        <IconChevronLeft size={17} />
      </PageButton>
      <PageButton
        label={t("table.next")}
        on={next !== undefined}
        go={() => next !== undefined && list.next(next)}
      >
        <IconChevronRight size={17} />
      </PageButton>
    </Group>
  );
}

interface PageButtonProps {
  label: string;
  on: boolean;
  go: () => void;
  children: React.ReactNode;
}

function PageButton({ label, on, go, children }: PageButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={30} aria-label={label} disabled={!on} onClick={go}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

export function SkeletonRows({ columns, label }: { columns: number; label: string }) {
  return (
    <Stack gap={14} py="sm" role="status" aria-busy="true" aria-label={label}>
      {Array.from({ length: 8 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows without identity
        <Group key={row} gap="lg" wrap="nowrap">
          {Array.from({ length: Math.min(columns, 6) }, (_, column) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: cells without identity
            <Skeleton key={column} height={16} width={`${column === 0 ? 26 : 14}%`} />
          ))}
        </Group>
      ))}
    </Stack>
  );
}
