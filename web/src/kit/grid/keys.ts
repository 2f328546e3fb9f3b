// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What keys do in a grid. */
import type { Place } from "@/kit/grid/store";

export interface Extent {
  rows: number;
  columns: number;
  /** As many rows as are in sight. */
  page: number;
  isRtl: boolean;
}

interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
}

/** Where a key leads, or null if it leads nowhere. */
export function placeAfter({ key, ctrlKey, metaKey }: Press, { row, column }: Place, extent: Extent): Place | null {
  const { rows, columns, page, isRtl } = extent;
  const ahead = isRtl ? -1 : 1;
  const wholeGrid = ctrlKey || metaKey;
  const moves: Record<string, Place> = {
    ArrowDown: { row: row + 1, column },
    ArrowUp: { row: row - 1, column },
    ArrowRight: { row, column: column + ahead },
    ArrowLeft: { row, column: column - ahead },
    Home: wholeGrid ? { row: 0, column: 0 } : { row, column: 0 },
    End: wholeGrid ? { row: rows - 1, column: columns - 1 } : { row, column: columns - 1 },
    PageDown: { row: Math.max(row, 0) + page, column },
    PageUp: { row: row - page, column },
  };
  const wanted = moves[key];
  if (!wanted) return null;
  const least = key === "PageUp" && row >= 0 ? 0 : -1;
  return {
    row: Math.max(least, Math.min(rows - 1, wanted.row)),
    column: Math.max(0, Math.min(columns - 1, wanted.column)),
  };
}
