// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A row that was pressed, wherever in it. */
import type { MouseEvent } from "react";

/** None if what was pressed does something itself, or if somebody marks words and does not want to leave. */
export function pressedRow({ target }: MouseEvent): HTMLElement | null {
  if (!(target instanceof Element) || target.closest("a, button, input, label")) return null;
  return getSelection()?.type === "Range" ? null : target.closest<HTMLElement>("[data-index]");
}
