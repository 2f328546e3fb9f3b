// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Rows that change by themselves: who shows one row hears of that row only, at most once a frame. */
import { useCallback, useSyncExternalStore } from "react";

type Listener = () => void;

export class Rows<Row extends object> {
  readonly #rows = new Map<string, Row>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #changed = new Set<string>();
  #frame: number | null = null;
  #paused = false;

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  /** What a list has just read; it is newer than what was heard before. */
  put(id: string, row: Row): void {
    this.#rows.set(id, row);
    this.#tell(id);
  }

  /** What was heard of a row; nothing happens where nobody has read it. */
  patch(id: string, change: Partial<Row> | ((row: Row) => Row)): void {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#rows.set(id, typeof change === "function" ? change(row) : { ...row, ...change });
    this.#tell(id);
  }

  /** Keep these only: what is not shown any more takes no memory. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#rows.keys()) if (!ids.has(id) && !this.#listeners.has(id)) this.#rows.delete(id);
  }

  /** While paused, rows stand still on the screen; they catch up afterwards (WCAG 2.2.2). */
  set paused(value: boolean) {
    this.#paused = value;
    if (!value && this.#changed.size) this.#schedule();
  }

  subscribe(id: string, listener: Listener): () => void {
    let found = this.#listeners.get(id);
    if (!found) this.#listeners.set(id, (found = new Set()));
    found.add(listener);
    return () => {
      found.delete(listener);
      if (!found.size) this.#listeners.delete(id);
    };
  }

  #tell(id: string): void {
    this.#changed.add(id);
    if (!this.#paused) this.#schedule();
  }

  #schedule(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      const changed = [...this.#changed];
      this.#changed.clear();
      for (const id of changed) for (const listener of this.#listeners.get(id) ?? []) listener();
    });
  }
}

/** A row as it is now. */
export function useRow<Row extends object>(rows: Rows<Row>, id: string): Row | undefined {
  const subscribe = useCallback((listener: Listener) => rows.subscribe(id, listener), [rows, id]);
  return useSyncExternalStore(subscribe, () => rows.get(id));
}
