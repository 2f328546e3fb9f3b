// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a DataGrid is told. */
import type { ReactNode } from "react";

import type { MenuAction } from "@/kit/menu";
import type { Rows } from "@/lib/rows";

export interface GridColumn<Row> {
  id: string;
  label: string;
  render: (row: Row) => ReactNode;
  /** In CSS pixels at the usual text size; it grows with the text. */
  width?: number;
  minWidth?: number;
  align?: "start" | "end";
  sortable?: boolean;
  /** Not shown before somebody wants it. */
  isHidden?: boolean;
  /** Stays in sight at the end, however many columns there are: for what is done with a row. */
  isPinned?: boolean;
}

export interface GridSort {
  column: string;
  isDescending: boolean;
}

export interface GridSelection {
  ids: ReadonlySet<string>;
  /** Everything that matches, also what is not loaded. */
  isAll: boolean;
}

export const NOTHING_SELECTED: GridSelection = { ids: new Set(), isAll: false };

/** How somebody has arranged the columns; to be kept with the view. */
export interface GridArrangement {
  widths: Readonly<Record<string, number>>;
  hidden: readonly string[];
}

export interface DataGridProps<Row extends object> {
  label: string;
  /** Keep them (useMemo): every row is drawn anew when they change. The first one names the row. */
  columns: readonly GridColumn<Row>[];
  /** In the order of the server. */
  ids: readonly string[];
  rows: Rows<Row>;
  /** What a row is called, for whoever cannot see it. */
  rowName: (row: Row) => string;
  /** How many match, where that is known. */
  total?: number | null;
  sort?: GridSort | null;
  onSort?: (sort: GridSort) => void;
  /** Asked for when the end comes near; left out when there is no more. */
  onEnd?: () => void;
  isLoading?: boolean;
  /** Whatever failed while more was loaded. */
  problem?: unknown;
  onRetry?: () => void;
  /** Enter, or a press on a row. */
  onOpen?: (id: string) => void;
  /** The address of a row, so that it can be opened in a new tab. */
  href?: (row: Row) => string;
  actions?: (row: Row) => readonly MenuAction[];
  selection?: GridSelection;
  onSelection?: (selection: GridSelection) => void;
  /** Under which name the columns are kept as somebody arranged them, here and with the user. */
  keptAs?: string;
  arrangement?: GridArrangement;
  onArrangement?: (arrangement: GridArrangement) => void;
  /** Instead of rows where there are none. */
  empty?: ReactNode;
  /** How many there are, in words: said above it once there are any. */
  count?: string;
  /** Above it, beside the chooser of columns. */
  toolbar?: ReactNode;
  /** A CSS length: how high it may become. */
  height?: string;
}
