// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Whether the screen is that of a phone. */
import { useSyncExternalStore } from "react";

const NARROW = matchMedia("(max-width: 37.5rem)");

function subscribe(listener: () => void): () => void {
  NARROW.addEventListener("change", listener);
  return () => NARROW.removeEventListener("change", listener);
}

export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => NARROW.matches);
}
