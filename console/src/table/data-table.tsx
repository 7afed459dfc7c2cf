//! The one list of the console: address = state, conditions, columns, pages by
//! cursor, selection with bulk actions, CSV, keyboard.
import {
  ActionIcon,
  Alert,
  Box,
  Button,
  Checkbox,
  Group,
  Menu,
  Paper,
  Stack,
  Table,
  Text,
  Tooltip,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import {
  IconArrowUp,
  IconDownload,
  IconInbox,
  IconRefresh,
  IconSearchOff,
} from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import {
  type ColumnDef,
  columnOrderingFeature,
  columnVisibilityFeature,
  type RowData,
  rowSelectionFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { lookAgain, useIsOld } from "../api/live";
import { LoadProblem, Notice, ProblemAlert } from "../parts/problem";
import { usePreferences } from "../shell/preferences";
import { everything, TooMany } from "./all";
import { BulkSheet } from "./bulk";
import { ColumnPicker } from "./columns";
import { csv, fetchCsv, save } from "./csv";
import { FilterChip } from "./filters";
import { useRowsInSight } from "./in-sight";
import { PageControls, SkeletonRows } from "./pages";
import { RowMenu } from "./row-menu";
import { useListState } from "./search";
import { SearchBox } from "./search-box";
import { SelectionBar } from "./selection-bar";
import { ariaSort, SortHead, SortMenu } from "./sort";
import { useSteady } from "./steady";
import type { ListProps, RowAction } from "./types";
import { useRowKeys } from "./use-row-keys";
import { SavedViews } from "./views";
import { useWork } from "./work";

const features = tableFeatures({
  columnVisibilityFeature,
  columnOrderingFeature,
  rowSelectionFeature,
});

/** More than this is not selected or written at once. */
const MOST = 20_000;
const NO_FILTERS: never[] = [];
const NO_ROWS: never[] = [];

export function DataTable<T extends RowData>(props: ListProps<T>) {
  const { name, what, columns, filters = NO_FILTERS, fixed, rowId, actions = [], onOpen } = props;
  const { t } = useTranslation();
  const { density } = usePreferences();
  const isPhone = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const filterIds = useStable(filters.map((filter) => filter.id));
  const list = useListState(filterIds);

  const conditions = { ...list.filters, ...(list.q ? { q: list.q } : {}), ...fixed };
  // A word that no column knows (of another version) is left out.
  const sort = columns.some((column) => column.sort === list.sort?.replace("-", ""))
    ? list.sort
    : undefined;
  const counted = props.counted !== false;
  const page = useQuery({
    queryKey: [name, "list", { ...conditions, sort }, list.limit, list.after],
    queryFn: ({ signal }) =>
      props.read(
        {
          ...conditions,
          limit: list.limit,
          ...(list.after ? { after: list.after } : {}),
          ...(sort ? { sort } : {}),
          ...(counted ? { count: "true" } : {}),
        },
        signal,
      ),
    placeholderData: keepPreviousData,
    refetchInterval: props.refreshEvery ?? lookAgain,
  });
  const question = JSON.stringify([
    conditions,
    sort,
    list.limit,
    list.after,
    page.isPlaceholderData,
  ]);

  const defaults = columns.filter((column) => !column.hidden).map((column) => column.id);
  const shown = (list.columns ?? defaults).filter((id) => columns.some((c) => c.id === id));
  const order = shown.length > 0 ? shown : defaults;

  // Rows stay selected while one turns pages or changes conditions.
  const [picked, setPicked] = useState<ReadonlyMap<string, T>>(new Map());
  const [complete, setComplete] = useState(false);
  const select = (next: ReadonlyMap<string, T>) => {
    setPicked(next);
    setComplete(false);
  };
  const { rows, fresh, show, watch } = useSteady(
    page.data?.items ?? NO_ROWS,
    question,
    rowId,
    picked.size > 0,
  );
  // What is not read by itself says at least that it is old.
  const isOld = useIsOld(name, page.dataUpdatedAt) && props.refreshEvery === 0;
  const refresh = () => {
    show();
    void page.refetch();
  };
  const definitions = useMemo<ColumnDef<typeof features, T>[]>(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.label,
        cell: ({ row }) => column.cell(row.original),
      })),
    [columns],
  );
  const rowSelection = Object.fromEntries([...picked.keys()].map((id) => [id, true as const]));
  const drawn = useRowsInSight(rows);
  const table = useTable({
    features,
    data: drawn,
    columns: definitions,
    getRowId: rowId,
    state: {
      columnOrder: order,
      columnVisibility: Object.fromEntries(columns.map(({ id }) => [id, order.includes(id)])),
      rowSelection,
    },
    onRowSelectionChange: (change) => {
      const next = typeof change === "function" ? change(rowSelection) : change;
      const byId = new Map(rows.map((row) => [rowId(row), row]));
      const kept = Object.keys(next).filter((id) => next[id]);
      select(
        new Map(
          kept.flatMap((id): [string, T][] => {
            const row = byId.get(id) ?? picked.get(id);
            return row === undefined ? [] : [[id, row]];
          }),
        ),
      );
    },
  });
  const primary = columns.find((column) => column.primary) ?? columns[0];
  const isWide = (id: string) => columns.some((c) => c.id === id && (c.primary || c.wide));
  const sortable = (id: string) => columns.find((column) => column.id === id)?.sort;
  const total = page.data?.count ?? undefined;
  const rowName = (row: T) => primary?.text(row) ?? rowId(row);

  const [sheet, setSheet] = useState<{ action: RowAction<T>; rows: T[] }>();
  const work = useWork();
  const readAll = (signal: AbortSignal, onProgress: (count: number) => void) =>
    everything<T>(
      (query, s) => props.read({ ...conditions, ...(sort ? { sort } : {}), ...query }, s),
      {
        most: MOST,
        signal,
        onProgress,
      },
    );
  const selectAll = () =>
    work.run("select", async (signal, progress) => {
      const all = await readAll(signal, progress);
      setPicked(new Map(all.map((row) => [rowId(row), row])));
      setComplete(true);
    });
  const saveCsv = () =>
    work.run("csv", async (signal, progress) => {
      const file = `sekisho-${name}-${new Date().toISOString().slice(0, 10)}.csv`;
      if (props.csv) {
        const query = { ...conditions, ...(sort ? { sort } : {}) };
        save(file, await fetchCsv(props.csv, query, signal));
        return;
      }
      const all = await readAll(signal, progress);
      const chosen = order.flatMap((id) =>
        columns.filter((column) => column.id === id && !column.buttons),
      );
      const head = chosen.map((column) => column.label);
      const lines = all.map((row) => chosen.map((column) => column.text(row)));
      save(file, csv([head, ...lines]));
    });

  const body = useRef<HTMLDivElement>(null);
  useRowKeys(body);

  const selectable = actions.length > 0;
  const isNarrowed = list.q !== "" || Object.keys(list.filters).length > 0;
  const hasMenu = actions.length > 0 || props.rowVerbs !== undefined;
  const selectedHere = rows.filter((row) => picked.has(rowId(row))).length;
  const offerAll =
    selectable && !complete && selectedHere === rows.length && rows.length > 0 && page.data?.next;

  const menu = (row: T) => {
    const own = actions
      .filter((action) => action.applies?.(row) ?? true)
      .map((action) => (
        <Menu.Item
          key={action.id}
          leftSection={action.icon}
          {...(action.danger ? { color: "red" } : {})}
          onClick={() => setSheet({ action, rows: [row] })}
        >
          {action.label}
        </Menu.Item>
      ));
    const items = props.rowVerbs ? props.rowVerbs(row, own) : own;
    if (Array.isArray(items) && items.length === 0) return null;
    return <RowMenu label={`${t("common.more")}: ${rowName(row)}`}>{items}</RowMenu>;
  };

  return (
    <Stack gap="sm">
      <Group gap="xs" align="center">
        {props.searchable !== false && <SearchBox what={what} list={list} filters={filters} />}
        {filters.map((filter) => (
          <FilterChip
            key={filter.id}
            filter={filter}
            value={list.filters[filter.id]}
            onChange={(value) => list.set({ [filter.id]: value })}
          />
        ))}
        {isNarrowed && (
          <Button size="compact-sm" variant="subtle" onClick={list.clear}>
            {t("table.clear")}
          </Button>
        )}
        {isPhone && (
          <SortMenu columns={columns} now={sort} onChange={(next) => list.set({ sort: next })} />
        )}
        <Group gap={6} ml="auto" wrap="nowrap">
          {fixed === undefined && props.views !== false && <SavedViews />}
          <Tooltip label={t("table.refresh")}>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={t("table.refresh")}
              onClick={refresh}
              loading={page.isFetching && !page.isPending}
            >
              <IconRefresh size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t("table.csvAll")}>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={t("table.csvAll")}
              onClick={saveCsv}
              loading={work.what === "csv"}
            >
              <IconDownload size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
          <ColumnPicker
            columns={columns}
            shown={order}
            onChange={(next) => list.set({ cols: next?.join(","), after: list.after })}
          />
        </Group>
      </Group>

      {work.problem !== undefined &&
        (work.problem instanceof TooMany ? (
          <Alert color="yellow" role="alert">
            {t("table.tooMany", { count: work.problem.limit })}
          </Alert>
        ) : (
          <ProblemAlert error={work.problem} />
        ))}

      {picked.size > 0 && (
        <SelectionBar
          picked={picked.size}
          complete={complete}
          offered={
            offerAll ? (page.data?.count_capped ? null : (page.data?.count ?? null)) : undefined
          }
          selecting={work.what === "select" ? work.count : undefined}
          actions={actions}
          onAction={(action) => setSheet({ action, rows: [...picked.values()] })}
          onSelectAll={selectAll}
          onClear={() => select(new Map())}
        />
      )}

      {(fresh > 0 || isOld) && (
        <Group justify="center" role="status">
          <Button
            size="compact-sm"
            radius="xl"
            leftSection={<IconArrowUp size={14} aria-hidden="true" />}
            onClick={isOld ? refresh : show}
          >
            {isOld ? t("table.old") : t("table.fresh", { count: fresh })}
          </Button>
        </Group>
      )}

      <Box ref={body} {...watch}>
        {page.error && !page.data ? (
          <LoadProblem error={page.error} onRetry={() => void page.refetch()}>
            {(isNarrowed || list.after) && (
              <Button variant="default" onClick={list.clear}>
                {t("table.clear")}
              </Button>
            )}
          </LoadProblem>
        ) : page.isPending ? (
          <SkeletonRows columns={order.length} label={t("common.loading")} />
        ) : rows.length === 0 ? (
          isNarrowed || list.after ? (
            <Notice
              icon={<IconSearchOff size={40} stroke={1.3} />}
              title={t("table.noMatch.title")}
            >
              <Text c="dimmed" size="sm">
                {t("table.noMatch.explain")}
              </Text>
              <Button variant="default" onClick={list.clear}>
                {t("table.clear")}
              </Button>
            </Notice>
          ) : (
            <Notice icon={<IconInbox size={40} stroke={1.3} />} title={t("table.empty.title")}>
              {props.empty}
            </Notice>
          )
        ) : isPhone ? (
          <Stack gap="xs" component="ul" p={0} m={0} aria-label={what}>
            {table.getRowModel().rows.map((row) => (
              <Paper
                key={row.id}
                component="li"
                withBorder
                p="sm"
                radius="md"
                data-row
                style={{ listStyle: "none" }}
              >
                <Group justify="space-between" wrap="nowrap" align="flex-start">
                  <Group gap="sm" wrap="nowrap" align="flex-start" style={{ minWidth: 0 }}>
                    {selectable && (
                      <Checkbox
                        mt={2}
                        checked={row.getIsSelected()}
                        onChange={row.getToggleSelectedHandler()}
                        aria-label={t("table.select", { name: rowName(row.original) })}
                      />
                    )}
                    <Box className="clamp">{primary?.cell(row.original)}</Box>
                  </Group>
                  {hasMenu && menu(row.original)}
                </Group>
                <dl className="card-fields">
                  {row
                    .getVisibleCells()
                    .filter((cell) => cell.column.id !== primary?.id)
                    .map((cell) => (
                      <div key={cell.id}>
                        <dt>{cell.column.columnDef.header as string}</dt>
                        <dd>
                          <table.FlexRender cell={cell} />
                        </dd>
                      </div>
                    ))}
                </dl>
              </Paper>
            ))}
          </Stack>
        ) : (
          <Box className="table-box" tabIndex={0} role="group" aria-label={what}>
            <Table
              stickyHeader
              highlightOnHover
              verticalSpacing={density === "compact" ? 4 : 9}
              aria-busy={page.isPlaceholderData}
              style={page.isPlaceholderData ? { opacity: 0.6 } : undefined}
            >
              <Table.Thead>
                <Table.Tr>
                  {selectable && (
                    <Table.Th w={38}>
                      <Checkbox
                        aria-label={t("table.selectPage")}
                        checked={selectedHere > 0 && selectedHere === rows.length}
                        indeterminate={selectedHere > 0 && selectedHere < rows.length}
                        onChange={() => {
                          const next = new Map(picked);
                          const all = selectedHere === rows.length;
                          for (const row of rows) {
                            if (all) next.delete(rowId(row));
                            else next.set(rowId(row), row);
                          }
                          select(next);
                        }}
                      />
                    </Table.Th>
                  )}
                  {table.getHeaderGroups().flatMap((group) =>
                    group.headers.map((header) => (
                      <Table.Th
                        key={header.id}
                        scope="col"
                        aria-sort={ariaSort(sort, sortable(header.column.id))}
                        ta={columns.find(({ id }) => id === header.column.id)?.align}
                        miw={columns.find(({ id }) => id === header.column.id)?.minWidth}
                      >
                        {sortable(header.column.id) ? (
                          <SortHead
                            label={header.column.columnDef.header as string}
                            word={sortable(header.column.id) as string}
                            now={sort}
                            onChange={(next) => list.set({ sort: next })}
                          />
                        ) : (
                          <table.FlexRender header={header} />
                        )}
                      </Table.Th>
                    )),
                  )}
                  {hasMenu && (
                    <Table.Th w={44}>
                      <span className="visually-hidden">{t("table.actions")}</span>
                    </Table.Th>
                  )}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {table.getRowModel().rows.map((row) => (
                  <Table.Tr
                    key={row.id}
                    data-row
                    {...(row.getIsSelected() ? { "data-selected": true } : {})}
                    onDoubleClick={() => onOpen?.(row.original)}
                  >
                    {selectable && (
                      <Table.Td>
                        <Checkbox
                          checked={row.getIsSelected()}
                          onChange={row.getToggleSelectedHandler()}
                          aria-label={t("table.select", { name: rowName(row.original) })}
                        />
                      </Table.Td>
                    )}
                    {row.getVisibleCells().map((cell) => (
                      <Table.Td
                        key={cell.id}
                        ta={columns.find(({ id }) => id === cell.column.id)?.align}
                        {...(isWide(cell.column.id) ? { className: "wide" } : {})}
                      >
                        {cell.column.id === primary?.id ? (
                          <div className="clamp">
                            <table.FlexRender cell={cell} />
                          </div>
                        ) : (
                          <table.FlexRender cell={cell} />
                        )}
                      </Table.Td>
                    ))}
                    {hasMenu && <Table.Td>{menu(row.original)}</Table.Td>}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Box>
        )}
      </Box>

      {(rows.length > 0 || list.page > 1) && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" aria-live="polite">
            {work.what === "csv"
              ? t("table.csvWorking", { count: work.count })
              : [
                  t("table.page", { page: list.page }),
                  t("table.shown", { count: rows.length }),
                  total !== undefined &&
                    t(page.data?.count_capped ? "table.totalMore" : "table.total", {
                      count: total,
                    }),
                ]
                  .filter(Boolean)
                  .join(" · ")}
          </Text>
          <PageControls
            list={list}
            next={page.isPlaceholderData ? undefined : (page.data?.next ?? undefined)}
          />
        </Group>
      )}

      {sheet && (
        <BulkSheet
          name={name}
          action={sheet.action}
          rows={sheet.rows}
          rowName={rowName}
          rowId={rowId}
          onClose={() => {
            setSheet(undefined);
            if (sheet.rows.length > 1) select(new Map());
          }}
        />
      )}
    </Stack>
  );
}

/** The same array as long as it holds the same. */
function useStable(value: string[]): string[] {
  const key = value.join("\u0000");
  // biome-ignore lint/correctness/useExhaustiveDependencies: compared by content
  return useMemo(() => value, [key]);
}
