// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the overview reads, and when it reads it again. */
import { queryOptions } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useEffect } from "react";

import {
  getChargerMap,
  getDefaultDashboards,
  getOverview,
  getOverviewHeatmap,
  getOverviewPower,
  listChargers,
  listDashboards,
  listTransactions,
} from "@/api/sdk.gen";
import { concernsOf, type Concern } from "@/features/overview/attention";
import { throttled } from "@/lib/lists";
import { hear, onResync, useLive } from "@/lib/live";
import { queries } from "@/lib/queries";
import { usePreview } from "@/lib/preview";
import { listPath } from "@/features/overview/layout";

const LEAST_MS = 5_000;
const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const MOST_CHARGERS = 50;
const MOST_DASHBOARDS = 20;
const RECENT = 8;

/** A site with those below it; undefined: all of them. */
type Site = string | undefined;

const route = getRouteApi("/signed-in/");

/** Of which site the overview is: it stands in the address. */
export function useOverviewSite(): Site {
  return route.useSearch().site;
}

/** To the list of what a figure counts, of the same site. */
export function useListPath(): (path: string) => string {
  const site = useOverviewSite();
  return useCallback((path) => listPath(path, site), [site]);
}

export function nowQuery(site: Site) {
  return queryOptions({
    queryKey: ["overview", "live", "now", site ?? null],
    queryFn: async ({ signal }) => (await getOverview({ query: { site_id: site }, signal, throwOnError: true })).data,
    refetchInterval: MINUTE_MS,
  });
}

export function powerQuery(site: Site) {
  return queryOptions({
    queryKey: ["overview", "power", site ?? null],
    queryFn: async ({ signal }) =>
      (await getOverviewPower({ query: { site_id: site }, signal, throwOnError: true })).data,
    refetchInterval: 5 * MINUTE_MS,
  });
}

export function heatmapQuery(site: Site) {
  return queryOptions({
    queryKey: ["overview", "heatmap", site ?? null],
    queryFn: async ({ signal }) =>
      (await getOverviewHeatmap({ query: { site_id: site }, signal, throwOnError: true })).data,
    staleTime: QUARTER_MS,
  });
}

export function recentQuery(site: Site) {
  return queryOptions({
    queryKey: ["overview", "live", "recent", site ?? null],
    queryFn: async ({ signal }) => {
      const query = { sort: "-created_at" as const, limit: RECENT, site_id: site ? [site] : undefined };
      return (await listTransactions({ query, signal, throwOnError: true })).data.items;
    },
    refetchInterval: MINUTE_MS,
  });
}

export function pointsQuery(site: Site) {
  return queryOptions({
    queryKey: ["overview", "live", "map", site ?? null],
    queryFn: async ({ signal }) => {
      const query = { retired: ["false"], "places[contains_any]": site };
      return (await getChargerMap({ query, signal, throwOnError: true })).data;
    },
    refetchInterval: MINUTE_MS,
  });
}

export interface Concerns {
  list: Concern[];
  /** Whether there are more of them than were read. */
  isWhole: boolean;
}

export function concernsQuery(site: Site, withSessions: boolean) {
  return queryOptions({
    queryKey: ["overview", "live", "attention", withSessions, site ?? null],
    queryFn: async ({ signal }): Promise<Concerns> => {
      const common = { limit: MOST_CHARGERS, retired: ["false"], "places[contains_any]": site };
      const doubtful = { attention: ["any" as const], limit: MOST_CHARGERS, site_id: site ? [site] : undefined };
      const [away, faulted, sessions] = await Promise.all([
        listChargers({
          query: { ...common, online: ["false"], ever_connected: ["true"], sort: "-disconnected_at" as const },
          signal,
          throwOnError: true,
        }),
        listChargers({ query: { ...common, faulted: ["true"] }, signal, throwOnError: true }),
        withSessions ? listTransactions({ query: doubtful, signal, throwOnError: true }) : null,
      ]);
      const pages = [away.data, faulted.data, sessions?.data];
      return {
        list: concernsOf(away.data.items, faulted.data.items, sessions?.data.items ?? []),
        isWhole: pages.every((page) => !page?.next_cursor),
      };
    },
    refetchInterval: MINUTE_MS,
  });
}

/** One's own dashboards, or what the role of somebody gives them; who looks as a role does sees that one's. */
export const dashboardsQuery = queryOptions({
  queryKey: ["overview", "dashboards"],
  queryFn: async ({ signal }) => {
    const isPreview = usePreview.getState().role !== null;
    const own = isPreview
      ? []
      : (await listDashboards({ query: { limit: MOST_DASHBOARDS }, signal, throwOnError: true })).data.items;
    if (own.length) return { isOwn: true, layouts: own };
    return { isOwn: false, layouts: (await getDefaultDashboards({ signal, throwOnError: true })).data.dashboards };
  },
  staleTime: QUARTER_MS,
});

/** What changes by itself is read again when something happened, but not all the time. */
export function useLiveOverview(): void {
  const isPaused = useLive(({ paused }) => paused);
  useEffect(() => {
    if (isPaused) return;
    const again = throttled(() => void queries.invalidateQueries({ queryKey: ["overview", "live"] }), LEAST_MS);
    const deaf = hear(
      [
        "alert_changed",
        "charger_connected",
        "charger_disconnected",
        "charger_retired",
        "meter_recorded",
        "status_changed",
        "transaction_changed",
      ],
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
