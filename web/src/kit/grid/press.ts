// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Rows that are opened by a press anywhere on them. */
import { useRef, type MouseEvent, type PointerEvent } from "react";

/**
 * Handlers for what the rows are in. What stands in a row and does something itself opens nothing, nor does a press that
 * ends elsewhere than it began because rows moved, nor whoever marks words and does not want to leave.
 */
export function useRowPress(open: (row: HTMLElement) => void) {
  const began = useRef<EventTarget | null>(null);
  return {
    onPointerDown: ({ target }: PointerEvent) => {
      began.current = target;
    },
    onClick: ({ target }: MouseEvent) => {
      if (target !== began.current || !(target instanceof Element)) return;
      if (target.closest("a, button, input, label") || getSelection()?.type === "Range") return;
      const row = target.closest<HTMLElement>("[data-index]");
      if (row) open(row);
    },
  };
}
