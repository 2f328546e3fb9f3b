// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the overview reads, and when it reads it again. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { useEffect } from "react";

import {
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

const LEAST_MS = 5_000;
const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const MOST_CHARGERS = 50;
const MOST_DASHBOARDS = 20;
const RECENT = 8;

export const nowQuery = queryOptions({
  queryKey: ["overview", "live", "now"],
  queryFn: async ({ signal }) => (await getOverview({ signal, throwOnError: true })).data,
  placeholderData: keepPreviousData,
  refetchInterval: MINUTE_MS,
});

export const powerQuery = queryOptions({
  queryKey: ["overview", "power"],
  queryFn: async ({ signal }) => (await getOverviewPower({ signal, throwOnError: true })).data,
  refetchInterval: 5 * MINUTE_MS,
});

export const heatmapQuery = queryOptions({
  queryKey: ["overview", "heatmap"],
  queryFn: async ({ signal }) => (await getOverviewHeatmap({ signal, throwOnError: true })).data,
  staleTime: QUARTER_MS,
});

export const recentQuery = queryOptions({
  queryKey: ["overview", "live", "recent"],
  queryFn: async ({ signal }) =>
    (await listTransactions({ query: { sort: "-created_at", limit: RECENT }, signal, throwOnError: true })).data.items,
  refetchInterval: MINUTE_MS,
});

export interface Concerns {
  list: Concern[];
  /** Whether there are more of them than were read. */
  isWhole: boolean;
}

export function concernsQuery(withSessions: boolean) {
  return queryOptions({
    queryKey: ["overview", "live", "attention", withSessions],
    queryFn: async ({ signal }): Promise<Concerns> => {
      const common = { limit: MOST_CHARGERS, retired: ["false"] };
      const [away, faulted, sessions] = await Promise.all([
        listChargers({
          query: { ...common, online: ["false"], ever_connected: ["true"] },
          signal,
          throwOnError: true,
        }),
        listChargers({ query: { ...common, faulted: ["true"] }, signal, throwOnError: true }),
        withSessions
          ? listTransactions({ query: { attention: ["any"], limit: MOST_CHARGERS }, signal, throwOnError: true })
          : null,
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

/** One's own dashboards, or what the role of somebody gives them. */
export const dashboardsQuery = queryOptions({
  queryKey: ["overview", "dashboards"],
  queryFn: async ({ signal }) => {
    const own = (await listDashboards({ query: { limit: MOST_DASHBOARDS }, signal, throwOnError: true })).data.items;
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
