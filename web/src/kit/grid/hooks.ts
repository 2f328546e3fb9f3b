// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a grid measures and remembers. */
import { useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore, type RefObject } from "react";

import { isArrangement, startOf } from "@/kit/grid/arrange";
import type { GridStore } from "@/kit/grid/store";
import type { GridArrangement, GridColumn } from "@/kit/grid/types";
import { useAppearance } from "@/lib/appearance";
import { useDocuments } from "@/lib/documents";

const CARDS_BELOW_PX = 600;

/** Whether there is so little room that rows become cards. */
export function useCards(frame: RefObject<HTMLElement | null>): boolean {
  const [isNarrow, setNarrow] = useState(false);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = () => setNarrow(element.clientWidth < CARDS_BELOW_PX);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return isNarrow;
}

/** Of the tokens, in pixels; a virtual list has to know before it draws. */
export function useRowHeight(): number {
  useAppearance((state) => state.density);
  const style = getComputedStyle(document.documentElement);
  const text = style.getPropertyValue("--row").trim();
  return Math.round(Number.parseFloat(text) * (text.endsWith("rem") ? Number.parseFloat(style.fontSize) : 1));
}

/** How the columns are arranged: as somebody left them under that name, or as they are at first. */
export function useArrangement<Row>(
  columns: readonly GridColumn<Row>[],
  name: string | undefined,
): [GridArrangement, (arrangement: GridArrangement) => void] {
  const document = `columns.${name}`;
  const kept = useDocuments(({ documents }) => (name === undefined ? undefined : documents[document]));
  const [own, setOwn] = useState<GridArrangement | null>(null);
  const usual = useMemo(() => startOf(columns), [columns]);
  const arrangement = name === undefined ? own : isArrangement(kept) ? kept : null;
  const arrange = (next: GridArrangement) =>
    name === undefined ? setOwn(next) : useDocuments.getState().keep(document, { ...next });
  return [arrangement ?? usual, arrange];
}

/** What was given last, for functions that stay the same. */
export function useLatest<Value>(value: Value): RefObject<Value> {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return latest;
}

export function useLook(store: GridStore, row: number, id: string): { isSelected: boolean; activeColumn: number } {
  const look = useSyncExternalStore(store.subscribe, () => store.look(row, id));
  return { isSelected: look % 2 === 1, activeColumn: Math.floor(look / 2) - 1 };
}

/** Takes the focus along, if the grid has it. */
export function useFollow(store: GridStore, activeColumn: number): RefObject<HTMLDivElement | null> {
  const line = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (activeColumn < 0 || !store.hasFocus) return;
    const cell = line.current?.querySelector<HTMLElement>(`[data-column="${activeColumn}"]`);
    if (!cell || cell.contains(document.activeElement)) return;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [store, activeColumn]);
  return line;
}
