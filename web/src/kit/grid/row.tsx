// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One row: it knows its id, and hears of everything else by itself. */
import { Ellipsis } from "lucide-react";
import { memo, type ReactNode } from "react";
import { Button, Link, type LinkProps } from "react-aria-components";

import { cx } from "@/kit/cx";
import styles from "@/kit/grid/grid.module.css";
import { useFollow, useLook } from "@/kit/grid/hooks";
import type { GridStore } from "@/kit/grid/store";
import type { GridColumn } from "@/kit/grid/types";
import { useKitText } from "@/kit/text";
import { useRow, type Rows } from "@/lib/rows";

/** What all rows share; it stays the same as long as the columns do. */
export interface GridParts<Row extends object> {
  columns: readonly GridColumn<Row>[];
  rows: Rows<Row>;
  store: GridStore;
  hasSelection: boolean;
  hasActions: boolean;
  rowName: (row: Row) => string;
  href: (row: Row) => string | undefined;
  /** Where rows are opened rather than gone to. */
  onOpen?: (id: string) => void;
  onCheck: (index: number, isRange: boolean) => void;
  onMenu: (index: number, element: Element) => void;
}

interface GridRowProps<Row extends object> {
  id: string;
  index: number;
  start: number;
  parts: GridParts<Row>;
}

function PlainGridRow<Row extends object>({ id, index, start, parts }: GridRowProps<Row>) {
  const { columns, rows, store, hasSelection, hasActions, rowName } = parts;
  const row = useRow(rows, id);
  const { isSelected, activeColumn } = useLook(store, index, id);
  const line = useFollow(store, activeColumn);
  const first = hasSelection ? 1 : 0;
  const name = row ? rowName(row) : "";
  const cell = (column: number) => ({
    role: "gridcell",
    "aria-colindex": column + 1,
    "data-column": column,
    tabIndex: activeColumn === column ? 0 : -1,
  });
  return (
    <div
      ref={line}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={hasSelection ? isSelected : undefined}
      data-index={index}
      className={cx(styles.row, isSelected && styles.selected)}
      style={{ transform: `translateY(${start}px)` }}
    >
      {hasSelection && (
        <div {...cell(0)} className={cx(styles.cell, styles.check)}>
          <RowCheck name={name} isSelected={isSelected} onCheck={(isRange) => parts.onCheck(index, isRange)} />
        </div>
      )}
      {columns.map(({ id: column, align, isPinned, render }, at) => (
        <div
          key={column}
          {...cell(first + at)}
          className={cx(styles.cell, align === "end" && styles.end, isPinned && styles.pinned)}
        >
          {row && <RowContent content={render(row)} href={at === 0 ? parts.href(row) : undefined} />}
        </div>
      ))}
      {hasActions && (
        <div {...cell(first + columns.length)} className={cx(styles.cell, styles.more, styles.pinned)}>
          <RowMenu name={name} onMenu={(element) => parts.onMenu(index, element)} />
        </div>
      )}
    </div>
  );
}

export const GridRow = memo(PlainGridRow) as typeof PlainGridRow;

/** In a grid the cell has the focus, not the link in it. */
const passedOver: LinkProps["render"] = ({ children, ...rest }) => (
  <a {...(rest as React.ComponentProps<"a">)} tabIndex={-1}>
    {children}
  </a>
);

export function RowContent({
  content,
  href,
  onOpen,
  isReachable,
}: {
  content: ReactNode;
  href?: string;
  /** In a grid a press anywhere in the row opens it; a card has only this. */
  onOpen?: () => void;
  isReachable?: boolean;
}) {
  if (href === undefined && onOpen)
    return (
      <Button className={cx(styles.content, styles.link, styles.opens)} onPress={onOpen}>
        {content}
      </Button>
    );
  if (href === undefined) return <span className={styles.content}>{content}</span>;
  return (
    <Link href={href} className={cx(styles.content, styles.link)} render={isReachable ? undefined : passedOver}>
      {content}
    </Link>
  );
}

interface RowCheckProps {
  name: string;
  isSelected: boolean;
  onCheck: (isRange: boolean) => void;
  tabIndex?: number;
}

export function RowCheck({ name, isSelected, onCheck, tabIndex = -1 }: RowCheckProps) {
  const t = useKitText();
  return (
    <label className={styles.checkbox}>
      <input
        type="checkbox"
        tabIndex={tabIndex}
        aria-label={t("grid.selectRow", { name })}
        checked={isSelected}
        onChange={(event) => onCheck(event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey)}
      />
    </label>
  );
}

export function RowMenu({
  name,
  onMenu,
  tabIndex = -1,
}: {
  name: string;
  onMenu: (element: Element) => void;
  tabIndex?: number;
}) {
  const t = useKitText();
  return (
    <button
      type="button"
      tabIndex={tabIndex}
      aria-haspopup="menu"
      aria-label={t("grid.actionsFor", { name })}
      className={styles.dots}
      onClick={(event) => onMenu(event.currentTarget)}
    >
      <Ellipsis aria-hidden />
    </button>
  );
}
