// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** g and then a letter goes somewhere; ? says what there is. Off where people switched such keys off (WCAG 2.1.4). */
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

import { useSiteWays } from "@/lib/site-scope";
import { useAppearance } from "@/lib/appearance";
import { useMay } from "@/lib/me";
import { placesFor } from "@/lib/navigation";
import { useOverlays } from "@/lib/overlays";

const PATIENCE_MS = 1_200;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.matches("input, textarea, select, [role=textbox], [role=searchbox], [role=combobox]")
  );
}

export function useGoKeys(): void {
  const router = useRouter();
  const may = useMay();
  const { searchFor } = useSiteWays();
  const on = useAppearance((state) => state.shortcuts);
  useEffect(() => {
    let began = 0;
    const places = new Map(
      placesFor(may)
        .flatMap((group) => group.places)
        .filter(({ key }) => key !== undefined)
        .map(({ key, to }) => [key, to]),
    );
    const press = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        useOverlays.getState().open("palette");
        return;
      }
      if (!on || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target))
        return;
      const to = event.timeStamp - began < PATIENCE_MS ? places.get(event.key) : undefined;
      began = event.key === "g" ? event.timeStamp : 0;
      if (to !== undefined) {
        event.preventDefault();
        void router.navigate({ to, search: searchFor(to) as never });
      } else if (event.key === "?") useOverlays.getState().open("shortcuts");
      else if (event.key === "/") {
        const search = document.querySelector<HTMLInputElement>("main [role=search] input, main input[type=search]");
        if (!search) return;
        event.preventDefault();
        search.focus();
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [router, may, searchFor, on]);
}
