// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the map reads, and when it reads it again. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { useEffect } from "react";

import { getBranding, getChargerMap, listChargers } from "@/api/sdk.gen";
import type { Charger, GetChargerMapData } from "@/api/types.gen";
import { filterOf, type ChargersSearch } from "@/features/chargers/filters";
import { stationOf, type Station } from "@/features/chargers/map/model";
import { throttled } from "@/lib/lists";
import { hear, onResync, useLive } from "@/lib/live";
import { queries } from "@/lib/queries";

const KEY = ["chargers", "map"];
const LEAST_MS = 5_000;
/** What took long to count is counted less often. */
const PATIENCE = 20;
const MOST = 50;
const MOST_SITES = 100; // of one filter, as the API takes them
const FIELDS = "id,name,site_id,status,online,boot_at,protocol,connected_at,disconnected_at,retired_at,connectors";

let tookMs = 0;

export interface Stations {
  stations: Station[];
  elsewhere: number;
}

export function mapQuery(search: ChargersSearch) {
  const query = filterOf(search) as NonNullable<GetChargerMapData["query"]>;
  return queryOptions({
    queryKey: [...KEY, "points", query],
    queryFn: async ({ signal }): Promise<Stations> => {
      const begun = performance.now();
      const { data } = await getChargerMap({ query, signal, throwOnError: true });
      tookMs = performance.now() - begun;
      return { stations: data.points.map(stationOf), elsewhere: data.elsewhere };
    },
    placeholderData: keepPreviousData,
    staleTime: LEAST_MS,
    refetchOnWindowFocus: false,
  });
}

/** Chargers of a station; of a large one the first. */
export function stationQuery(search: ChargersSearch, { site_ids: sites }: Pick<Station, "site_ids">) {
  const query = { ...filterOf(search), site_id: sites.slice(0, MOST_SITES), limit: MOST, fields: FIELDS };
  return queryOptions({
    queryKey: [...KEY, "station", query],
    queryFn: async ({ signal }): Promise<Charger[]> =>
      (await listChargers({ query, signal, throwOnError: true })).data.items,
    placeholderData: keepPreviousData,
    staleTime: LEAST_MS,
    refetchOnWindowFocus: false,
  });
}

export const styleQuery = queryOptions({
  queryKey: [...KEY, "style"],
  queryFn: async ({ signal }) => (await getBranding({ signal, throwOnError: true })).data.map_style,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Counted again when something happened, but not all the time. */
export function useLiveMap(): void {
  const isPaused = useLive(({ paused }) => paused);
  useEffect(() => {
    if (isPaused) return;
    let last = 0;
    const again = throttled(() => {
      // a fleet that takes long to count is not counted all the time
      const wait = last + tookMs * PATIENCE - Date.now();
      if (wait > 0) return void setTimeout(again.call, wait);
      last = Date.now();
      void queries.invalidateQueries({ queryKey: KEY, predicate: ({ queryKey }) => queryKey[2] !== "style" });
    }, LEAST_MS);
    const deaf = hear(
      ["charger_changed", "charger_connected", "charger_disconnected", "charger_retired", "status_changed"],
      again.call,
    );
    const synced = onResync(again.call);
    return () => {
      deaf();
      synced();
      again.stop();
    };
  }, [isPaused]);
}
