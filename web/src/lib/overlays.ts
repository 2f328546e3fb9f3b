// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What may lie over a screen, from wherever it is asked for. */
import { create } from "zustand";

export type Overlay = "palette" | "shortcuts" | "appearance" | "tour";

interface Overlays {
  shown: Overlay | null;
  open: (overlay: Overlay) => void;
  close: () => void;
}

export const useOverlays = create<Overlays>()((set) => ({
  shown: null,
  open: (shown) => set({ shown }),
  close: () => set({ shown: null }),
}));
