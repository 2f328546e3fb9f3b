// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How somebody arranged the columns, kept in this browser. */
import { useState } from "react";

import type { GridArrangement, GridColumn } from "@/kit";

const KEY = "csms.columns.chargers";

function isArrangement(value: unknown): value is GridArrangement {
  if (typeof value !== "object" || value === null) return false;
  const { widths, hidden } = value as Record<string, unknown>;
  const areWidths =
    typeof widths === "object" && widths !== null && Object.values(widths).every((each) => typeof each === "number");
  return areWidths && Array.isArray(hidden) && hidden.every((each) => typeof each === "string");
}

function kept(): GridArrangement | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return isArrangement(value) ? value : null;
  } catch {
    return null; // shut off or spoilt: the usual columns
  }
}

export function useKeptColumns<Row>(
  columns: readonly GridColumn<Row>[],
): [GridArrangement, (arrangement: GridArrangement) => void] {
  const [arrangement, setArrangement] = useState<GridArrangement>(
    () => kept() ?? { widths: {}, hidden: columns.filter(({ isHidden }) => isHidden).map(({ id }) => id) },
  );
  const keep = (next: GridArrangement) => {
    setArrangement(next);
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // it holds until this page is closed
    }
  };
  return [arrangement, keep];
}
