// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which site is chosen, and how screens come to be narrowed to it. */
import { redirect, useRouter, type ParsedLocation } from "@tanstack/react-router";
import { useCallback, useEffect, useRef } from "react";

import { meQuery, useMay, useMe } from "@/lib/me";
import { queries } from "@/lib/queries";
import { useScope, siteOf, siteSearch, withSite } from "@/lib/scope";
import { appPath } from "@/lib/search";

export const SITES = "site:site:read";

/** Null: all of them, or nobody may tell sites apart. */
export function useSite(): string | null {
  const me = useMe()?.id;
  const isSeen = useMay()(SITES);
  const site = useScope((chosen) => siteOf(chosen, me));
  return isSeen ? site : null;
}

/** Chooses it, and narrows what is shown now. */
export function useChooseSite(): (site: string | null) => void {
  const router = useRouter();
  const me = useMe()?.id;
  return useCallback(
    (site) => {
      if (me === undefined) return;
      useScope.getState().choose(me, site);
      const { pathname, search } = router.state.location;
      // of a map, what was looked at may be far away
      const narrowed = withSite(pathname, pathname === "/map" ? { ...search, at: undefined } : search, site);
      if (narrowed) void router.navigate({ to: pathname, search: narrowed as never, replace: true });
    },
    [router, me],
  );
}

/** What was chosen in another browser is known when the first screen is there already. */
export function useLateSite(): void {
  const router = useRouter();
  const site = useSite();
  const before = useRef(site);
  useEffect(() => {
    if (before.current === site) return;
    before.current = site;
    const { pathname, search } = router.state.location;
    const narrowed = siteSearch(pathname, search, site);
    if (narrowed) void router.navigate({ to: pathname, search: narrowed as never, replace: true });
  }, [router, site]);
}

/** The search that a way to a screen has, and the whole of it as one text. */
export function useSiteWays(): { searchFor: (to: string) => object | undefined; wayTo: (to: string) => string } {
  const site = useSite();
  const searchFor = useCallback((to: string) => siteSearch(to, {}, site), [site]);
  const wayTo = useCallback(
    (to: string) => {
      const search = searchFor(to);
      return search ? appPath(to, search) : to;
    },
    [searchFor],
  );
  return { searchFor, wayTo };
}

interface Arriving {
  cause: "enter" | "stay" | "preload";
  location: Pick<ParsedLocation, "pathname">;
  search: object;
}

/**
 * Whoever comes to a screen whose address says nothing sees their site. What an address says holds, and what somebody
 * takes away while they are there stays away: also when they come back to it.
 */
export function arrive({ cause, location: { pathname }, search }: Arriving, isBack: boolean): void {
  if (cause === "stay" || isBack) return;
  const me = queries.getQueryData(meQuery.queryKey);
  const site = me?.permissions.includes(SITES) ? siteOf(useScope.getState(), me.id) : null;
  const narrowed = siteSearch(pathname, { ...search }, site);
  if (narrowed) throw redirect({ to: pathname, search: narrowed as never, replace: true });
}
