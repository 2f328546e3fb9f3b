// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What changes while somebody works in a grid: each row hears of it and draws itself only if it is concerned. */
import { NOTHING_SELECTED, type GridSelection } from "@/kit/grid/types";

export interface Place {
  /** -1: the head. */
  row: number;
  column: number;
}

export class GridStore {
  selection: GridSelection = NOTHING_SELECTED;
  active: Place = { row: 0, column: 0 };
  /** Whether the focus is in the grid, so that it goes along with the active cell. */
  hasFocus = false;
  /** Where a range begins. */
  anchor = 0;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  select(selection: GridSelection): void {
    this.selection = selection;
    this.#tell();
  }

  activate(place: Place): void {
    this.active = place;
    this.#tell();
  }

  isSelected(id: string): boolean {
    return this.selection.isAll || this.selection.ids.has(id);
  }

  /** As one number, so that a row that is not concerned sees no difference: odd if selected, and its active column. */
  look(row: number, id: string): number {
    const column = this.active.row === row ? this.active.column + 1 : 0;
    return column * 2 + Number(this.isSelected(id));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Everything that is loaded counts as selected before one of it is taken out of "all that match". */
function spelledOut(selection: GridSelection, ids: readonly string[]): Set<string> {
  return new Set(selection.isAll ? ids : selection.ids);
}

export function toggled(selection: GridSelection, ids: readonly string[], id: string): GridSelection {
  const after = spelledOut(selection, ids);
  if (!after.delete(id)) after.add(id);
  return { ids: after, isAll: false };
}

export function withRange(selection: GridSelection, ids: readonly string[], from: number, to: number): GridSelection {
  const after = spelledOut(selection, ids);
  for (const id of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) after.add(id);
  return { ids: after, isAll: false };
}
