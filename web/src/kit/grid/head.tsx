// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The head of a grid: names, sorting, widths. */
import { ArrowDown, ArrowUp } from "lucide-react";
import { useRef, type PointerEvent, type RefCallback } from "react";

import { cx } from "@/kit/cx";
import { resized, widthOf } from "@/kit/grid/arrange";
import styles from "@/kit/grid/grid.module.css";
import { useFollow, useLook } from "@/kit/grid/hooks";
import type { GridStore } from "@/kit/grid/store";
import type { GridArrangement, GridColumn, GridSort } from "@/kit/grid/types";
import { useKitText } from "@/kit/text";

export interface GridHeadProps<Row> {
  columns: readonly GridColumn<Row>[];
  store: GridStore;
  sort?: GridSort | null;
  onSort?: (column: string) => void;
  hasSelection: boolean;
  hasActions: boolean;
  /** Whether all of what is loaded is selected. */
  selected: "all" | "some" | "none";
  onSelectAll: () => void;
  arrangement: GridArrangement;
  onArrangement: (arrangement: GridArrangement) => void;
}

type SelectAllProps = Pick<GridHeadProps<never>, "selected" | "onSelectAll"> & { tabIndex?: number };

/** All of what is loaded. */
export function SelectAll({ selected, onSelectAll, tabIndex }: SelectAllProps) {
  const t = useKitText();
  const partly: RefCallback<HTMLInputElement> = (input) => {
    if (input) input.indeterminate = selected === "some";
  };
  return (
    <label className={styles.checkbox}>
      <input
        ref={partly}
        type="checkbox"
        tabIndex={tabIndex}
        aria-label={t("grid.selectAll")}
        checked={selected === "all"}
        onChange={onSelectAll}
      />
    </label>
  );
}

export function GridHead<Row>(props: GridHeadProps<Row>) {
  const { columns, store, sort, onSort, hasSelection, hasActions, selected, onSelectAll, arrangement, onArrangement } =
    props;
  const t = useKitText();
  const { activeColumn } = useLook(store, -1, "");
  const line = useFollow(store, activeColumn);
  const first = hasSelection ? 1 : 0;
  const cell = (column: number) => ({
    role: "columnheader",
    "aria-colindex": column + 1,
    "data-column": column,
    tabIndex: activeColumn === column ? 0 : -1,
  });
  return (
    <div role="rowgroup" className={styles.head}>
      <div ref={line} role="row" aria-rowindex={1} data-index={-1} className={cx(styles.row, styles.headRow)}>
        {hasSelection && (
          <div {...cell(0)} className={cx(styles.cell, styles.check)}>
            <SelectAll selected={selected} onSelectAll={onSelectAll} tabIndex={-1} />
          </div>
        )}
        {columns.map((column, at) => {
          const isSorted = sort?.column === column.id;
          const Arrow = isSorted && sort.isDescending ? ArrowDown : ArrowUp;
          return (
            <div
              key={column.id}
              {...cell(first + at)}
              aria-sort={isSorted ? (sort.isDescending ? "descending" : "ascending") : undefined}
              className={cx(
                styles.cell,
                styles.name,
                column.align === "end" && styles.end,
                column.isPinned && styles.pinned,
                column.sortable && styles.sortable,
              )}
              onClick={column.sortable ? () => onSort?.(column.id) : undefined}
            >
              <span className={styles.content}>{column.label}</span>
              {column.sortable && <Arrow aria-hidden className={cx(styles.arrow, !isSorted && styles.idle)} />}
              <Grip column={column} arrangement={arrangement} onArrangement={onArrangement} />
            </div>
          );
        })}
        {hasActions && (
          <div {...cell(first + columns.length)} className={cx(styles.cell, styles.more, styles.pinned)}>
            <span className="visually-hidden">{t("grid.actions")}</span>
          </div>
        )}
      </div>
    </div>
  );
}

interface GripProps<Row> {
  column: GridColumn<Row>;
  arrangement: GridArrangement;
  onArrangement: (arrangement: GridArrangement) => void;
}

/** For the pointer alone: by keyboard it is Shift and an arrow key in the head, or the chooser of columns. */
function Grip<Row>({ column, arrangement, onArrangement }: GripProps<Row>) {
  const origin = useRef<{ x: number; width: number } | null>(null);
  const take = (event: PointerEvent<HTMLSpanElement>) => {
    const cell = event.currentTarget.parentElement;
    origin.current = { x: event.clientX, width: cell?.offsetWidth ?? widthOf(column, arrangement) };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const pull = (event: PointerEvent<HTMLSpanElement>) => {
    if (!origin.current) return;
    const way = document.documentElement.dir === "rtl" ? -1 : 1;
    onArrangement(resized(column, arrangement, origin.current.width + way * (event.clientX - origin.current.x)));
  };
  const leave = () => {
    origin.current = null;
  };
  return (
    <span
      aria-hidden
      className={styles.grip}
      onPointerDown={take}
      onPointerMove={pull}
      onPointerUp={leave}
      onPointerCancel={leave}
      onClick={(event) => event.stopPropagation()}
    />
  );
}
