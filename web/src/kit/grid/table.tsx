// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Rows below each other under one head; only those in sight are drawn. */
import { defaultRangeExtractor, useVirtualizer, type Range, type Virtualizer } from "@tanstack/react-virtual";
import {
  useEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
  type FocusEvent,
  type KeyboardEvent,
  type ReactNode,
} from "react";

import { cx } from "@/kit/cx";
import { resized, templateOf, widthOf, WIDTH_STEP } from "@/kit/grid/arrange";
import styles from "@/kit/grid/grid.module.css";
import { GridHead } from "@/kit/grid/head";
import { useRowHeight } from "@/kit/grid/hooks";
import { placeAfter } from "@/kit/grid/keys";
import { useRowPress } from "@/kit/grid/press";
import { GridRow, type GridParts } from "@/kit/grid/row";
import type { GridArrangement, GridSort } from "@/kit/grid/types";
import { Skeleton } from "@/kit/progress";

const OVERSCAN = 8;
const SKELETONS = 8;

export interface GridTableProps<Row extends object> {
  label: string;
  ids: readonly string[];
  parts: GridParts<Row>;
  total?: number | null;
  hasMore: boolean;
  isLoading?: boolean;
  sort?: GridSort | null;
  onSort?: (column: string) => void;
  onLast: (index: number) => void;
  onOpen?: (id: string) => void;
  isOpenable: boolean;
  selected: "all" | "some" | "none";
  onSelectAll: () => void;
  onRange: (from: number, to: number) => void;
  arrangement: GridArrangement;
  onArrangement: (arrangement: GridArrangement) => void;
  height?: string;
  /** Below the last row: that more is loading, or that it failed. */
  tail?: ReactNode;
}

export function GridTable<Row extends object>(props: GridTableProps<Row>) {
  const { label, ids, parts, total, hasMore, isLoading, onLast, arrangement, height, tail } = props;
  const { columns, store, hasSelection, hasActions } = parts;
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const active = useSyncExternalStore(store.subscribe, () => store.active.row);
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollPaddingStart: rowHeight,
    scrollMargin: rowHeight,
    getItemKey: (index) => ids[index] ?? index,
    rangeExtractor: useMemo(() => withActive(active), [active]),
  });
  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  const items = virtual.getVirtualItems();
  const last = virtual.range?.endIndex ?? -1;
  useEffect(() => onLast(last), [last, onLast]);
  const { template, least, more } = templateOf(columns, arrangement, { selection: hasSelection, actions: hasActions });
  const press = useKeys(props, virtual, scroller);
  const focus = (event: FocusEvent<HTMLElement>) => {
    store.hasFocus = true;
    const cell = event.target.closest<HTMLElement>("[data-column]");
    const line = cell?.closest<HTMLElement>("[data-index]");
    if (!cell || !line) return;
    const place = { row: Number(line.dataset.index), column: Number(cell.dataset.column) };
    if (place.row !== store.active.row || place.column !== store.active.column) store.activate(place);
  };
  const blur = (event: FocusEvent<HTMLElement>) => {
    if (!event.currentTarget.contains(event.relatedTarget)) store.hasFocus = false;
  };
  const pressed = useRowPress((line) => {
    const id = ids[Number(line.dataset.index)];
    if (id !== undefined) openRow(id, line, props.onOpen);
  });
  return (
    <div ref={scroller} className={styles.scroll} style={{ maxBlockSize: height }}>
      <div
        role="grid"
        aria-label={label}
        aria-rowcount={hasMore && !total ? -1 : Math.max(total ?? 0, ids.length) + 1}
        aria-colcount={columns.length + Number(hasSelection) + Number(hasActions)}
        aria-multiselectable={hasSelection || undefined}
        aria-busy={isLoading || undefined}
        style={{ "--columns": template, "--more": more, minInlineSize: least } as React.CSSProperties}
        onKeyDown={press}
        onFocus={focus}
        onBlur={blur}
      >
        <GridHead {...props} columns={columns} store={store} hasSelection={hasSelection} hasActions={hasActions} />
        {isLoading && !ids.length ? (
          <Placeholders columns={columns.length} />
        ) : (
          <div
            role="rowgroup"
            className={cx(styles.body, props.isOpenable && styles.openable)}
            style={{ blockSize: virtual.getTotalSize() }}
            {...pressed}
          >
            {items.map(({ index, start }) => {
              const id = ids[index];
              return id === undefined ? null : (
                <GridRow key={id} id={id} index={index} start={start - rowHeight} parts={parts} />
              );
            })}
          </div>
        )}
      </div>
      {tail}
    </div>
  );
}

/** As the screen wants it; otherwise by the link in the row. */
function openRow(id: string, inside: Element | null, onOpen?: (id: string) => void): void {
  if (onOpen) onOpen(id);
  else inside?.closest("[role=row]")?.querySelector<HTMLAnchorElement>("a[href]")?.click();
}

/** The active row stays drawn when it is out of sight, so that the focus is not lost. */
function withActive(active: number) {
  return (range: Range): number[] => {
    const seen = defaultRangeExtractor(range);
    if (active < 0 || active >= range.count || seen.includes(active)) return seen;
    return [...seen, active].toSorted((one, other) => one - other);
  };
}

function Placeholders({ columns }: { columns: number }) {
  return (
    <div role="presentation">
      {Array.from({ length: SKELETONS }, (_, row) => (
        <div key={row} aria-hidden className={cx(styles.row, styles.placeholder)}>
          {Array.from({ length: columns }, (__, column) => (
            <span key={column} className={styles.cell}>
              <Skeleton width={column ? "60%" : "80%"} />
            </span>
          ))}
        </div>
      ))}
    </div>
  );
}

/** Keys of the grid: docs of the pattern are at w3.org/WAI/ARIA/apg/patterns/grid. */
function useKeys<Row extends object>(
  props: GridTableProps<Row>,
  virtual: Virtualizer<HTMLDivElement, Element>,
  scroller: React.RefObject<HTMLDivElement | null>,
) {
  const { ids, parts, onOpen, onSort, onSelectAll, onRange, arrangement, onArrangement } = props;
  const { columns, store, hasSelection, hasActions, onCheck, onMenu } = parts;
  const first = Number(hasSelection);
  const [rowHeight, count] = [useRowHeight(), first + columns.length + Number(hasActions)];
  const activeCell = () => {
    const { row, column } = store.active;
    return scroller.current?.querySelector<HTMLElement>(`[data-index="${row}"] [data-column="${column}"]`) ?? null;
  };
  const inHead = (event: KeyboardEvent): boolean => {
    const column = columns[store.active.column - first];
    if (event.key === " " || event.key === "Enter") {
      if (hasSelection && store.active.column === 0) onSelectAll();
      else if (column?.sortable) onSort?.(column.id);
      return true;
    }
    if (!event.shiftKey || !column || !["ArrowLeft", "ArrowRight"].includes(event.key)) return false;
    const way = (event.key === "ArrowRight" ? 1 : -1) * (document.documentElement.dir === "rtl" ? -1 : 1);
    onArrangement(resized(column, arrangement, widthOf(column, arrangement) + way * WIDTH_STEP));
    return true;
  };
  const inRow = (event: KeyboardEvent): boolean => {
    const { row, column } = store.active;
    const id = ids[row];
    if (id === undefined) return false;
    const isMenu = hasActions && column === first + columns.length;
    const cell = activeCell();
    if (hasActions && (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) {
      if (cell) onMenu(row, cell);
    } else if (event.key === " ") {
      if (!hasSelection) return false;
      if (event.shiftKey) onRange(store.anchor, row);
      else onCheck(row, false);
    } else if (event.key === "Enter") {
      if (isMenu && cell) onMenu(row, cell);
      else if (hasSelection && column === 0) onCheck(row, false);
      else openRow(id, cell, onOpen);
    } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey) && hasSelection) {
      onRange(0, ids.length - 1);
    } else return false;
    return true;
  };
  return (event: KeyboardEvent<HTMLElement>) => {
    // keys pressed in what stands inside a cell are its own; of the checkbox and the dots, they are the grid's
    const own = event.target instanceof HTMLElement && event.target.closest("[data-column]") !== event.target;
    if (own && !["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const isDone = store.active.row < 0 ? inHead(event) : inRow(event);
    if (isDone) return event.preventDefault();
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
    const extent = { rows: ids.length, columns: count, page, isRtl: document.documentElement.dir === "rtl" };
    const place = placeAfter(event, store.active, extent);
    if (!place) return;
    event.preventDefault();
    store.hasFocus = true;
    store.activate(place);
    if (place.row >= 0) virtual.scrollToIndex(place.row);
  };
}
