// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What may lie over a screen; its code is loaded when it is first opened. */
import { lazy, Suspense } from "react";

import { useOverlays, type Overlay } from "@/lib/overlays";

const PARTS: Record<Overlay, React.LazyExoticComponent<() => React.ReactNode>> = {
  palette: lazy(async () => ({ default: (await import("@/app/shell/palette")).CommandPalette })),
  shortcuts: lazy(async () => ({ default: (await import("@/app/shell/shortcut-help")).ShortcutHelp })),
  appearance: lazy(async () => ({ default: (await import("@/app/shell/appearance")).AppearanceDialog })),
  tour: lazy(async () => ({ default: (await import("@/features/onboarding/tour")).Tour })),
};

export function Overlays() {
  const shown = useOverlays((state) => state.shown);
  if (shown === null) return null;
  const Part = PARTS[shown];
  return (
    <Suspense>
      <Part />
    </Suspense>
  );
}
