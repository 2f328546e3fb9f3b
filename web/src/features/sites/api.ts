// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Sites read and changed. */
import { queryOptions } from "@tanstack/react-query";
import { useEffect } from "react";

import { getSite, listChargers, listSites, updateSite } from "@/api/sdk.gen";
import type { Site, SiteUpdate } from "@/api/types.gen";
import { editedOf, type Edited } from "@/lib/edited";
import { throttled } from "@/lib/lists";
import { hear, onResync, useLive } from "@/lib/live";
import { outdate, queries } from "@/lib/queries";

const PAGE = 500;
/** A tree is read as a whole; whoever has more finds the others by the search of the API. */
const MOST_PAGES = 10;
const CHARGERS = 100;
const LEAST_MS = 5_000;

export function sitePath(id: string): string {
  return `/sites/${encodeURIComponent(id)}`;
}

export const sitesQuery = queryOptions({
  queryKey: ["sites", "all"],
  queryFn: async ({ signal }): Promise<{ sites: Site[]; isWhole: boolean }> => {
    const sites: Site[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { data } = await listSites({ query: { limit: PAGE, sort: "name", cursor }, signal, throwOnError: true });
      sites.push(...data.items);
      if (data.next_cursor === null) return { sites, isWhole: true };
      cursor = data.next_cursor;
    }
    return { sites, isWhole: false };
  },
});

export function siteQuery(id: string) {
  return queryOptions({
    queryKey: ["sites", "one", id],
    queryFn: async ({ signal }): Promise<Edited<Site>> =>
      editedOf(await getSite({ path: { site_id: id }, signal, throwOnError: true })),
  });
}

export function siteChargersQuery(id: string) {
  return queryOptions({
    queryKey: ["sites", "chargers", id],
    queryFn: async ({ signal }) =>
      (
        await listChargers({
          query: { "places[contains_any]": id, retired: ["false"], limit: CHARGERS, sort: "id" },
          signal,
          throwOnError: true,
        })
      ).data,
  });
}

/** With `etag` only if nobody else changed it meanwhile. */
export async function changeSite(id: string, body: SiteUpdate, etag: string | null): Promise<Site> {
  const answer = await updateSite({ path: { site_id: id }, body, headers: { "if-match": etag }, throwOnError: true });
  const edited = editedOf(answer);
  queries.setQueryData(siteQuery(id).queryKey, edited);
  return edited.item;
}

export function sitesChanged(deleted?: string): void {
  outdate("sites", deleted);
}

/** How its chargers are is read again when something happened. */
export function useLiveChargers(id: string): void {
  const isPaused = useLive(({ paused }) => paused);
  useEffect(() => {
    if (isPaused) return;
    const { queryKey } = siteChargersQuery(id);
    const again = throttled(() => void queries.invalidateQueries({ queryKey }), LEAST_MS);
    const deaf = hear(["charger_changed", "charger_connected", "charger_disconnected", "status_changed"], again.call);
    const synced = onResync(again.call);
    return () => {
      deaf();
      synced();
      again.stop();
    };
  }, [id, isPaused]);
}
