// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Tables of some dozens of rows. What is longer, or sorted by the server, is a DataGrid. */
import { ArrowDown, ArrowUp } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";

import { cx } from "./cx";
import styles from "./table.module.css";

export interface TableColumn<Row> {
  id: string;
  label: string;
  render: (row: Row) => ReactNode;
  align?: "start" | "end";
  /** What it is sorted by; without it, it is not. */
  sortValue?: (row: Row) => string | number | null;
  isLabelHidden?: boolean;
  width?: string;
}

export interface TableProps<Row> {
  /** Names it to whoever cannot see what stands above it. */
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  rowId: (row: Row) => string;
  /** Instead of rows where there are none. */
  empty?: ReactNode;
  defaultSort?: { column: string; isDescending?: boolean };
}

interface Sort {
  column: string;
  isDescending: boolean;
}

function compare(one: string | number | null, other: string | number | null): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), undefined, { numeric: true });
}

export function Table<Row>({ label, columns, rows, rowId, empty, defaultSort }: TableProps<Row>) {
  const [sort, setSort] = useState<Sort | null>(defaultSort ? { isDescending: false, ...defaultSort } : null);
  const sorted = useMemo(() => {
    const value = columns.find(({ id }) => id === sort?.column)?.sortValue;
    if (!value || !sort) return rows;
    return rows.toSorted((one, other) => compare(value(one), value(other)) * (sort.isDescending ? -1 : 1));
  }, [rows, columns, sort]);
  if (!rows.length && empty) return <>{empty}</>;
  return (
    <div className={styles.scroll} role="group" aria-label={label} tabIndex={0}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={sort} onSort={setSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={rowId(row)}>
              {columns.map(({ id, align, render, isLabelHidden }) => (
                <td key={id} className={cx(align === "end" && styles.end, isLabelHidden && styles.acts)}>
                  {render(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps<Row> {
  column: TableColumn<Row>;
  sort: Sort | null;
  onSort: (sort: Sort) => void;
}

function Head<Row>({ column: { id, label, align, sortValue, isLabelHidden, width }, sort, onSort }: HeadProps<Row>) {
  const isSorted = sort?.column === id;
  const Arrow = isSorted && sort.isDescending ? ArrowDown : ArrowUp;
  const words = <span className={cx(isLabelHidden && "visually-hidden")}>{label}</span>;
  return (
    <th
      scope="col"
      className={cx(align === "end" && styles.end)}
      style={{ inlineSize: width }}
      aria-sort={isSorted ? (sort.isDescending ? "descending" : "ascending") : undefined}
    >
      {sortValue ? (
        <button
          type="button"
          className={styles.sort}
          onClick={() => onSort({ column: id, isDescending: isSorted && !sort.isDescending })}
        >
          {words}
          <Arrow aria-hidden className={cx(styles.arrow, !isSorted && styles.idle)} />
        </button>
      ) : (
        words
      )}
    </th>
  );
}
