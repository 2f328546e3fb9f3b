// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Alerts read and handled. */
import { queryOptions } from "@tanstack/react-query";
import { useEffect } from "react";

import {
  acknowledgeAlerts,
  assignAlerts,
  commentAlert,
  getAlert,
  listAlertAssignees,
  listAlertEvents,
  listAlertGroups,
  listAlerts,
  reopenAlert,
  resolveAlerts,
  snoozeAlerts,
} from "@/api/sdk.gen";
import type { Alert, AlertGroup } from "@/api/types.gen";
import { bodiesOf, type AlertsQuery, type GroupsQuery, type Target } from "@/features/alerts/model";
import type { Option } from "@/kit";
import { throttled, type ServerPage } from "@/lib/lists";
import { hear, useLive } from "@/lib/live";
import { queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

export const alertRows = new Rows<Alert>();
export const groupRows = new Rows<AlertGroup>();

const PAGE = 100;
const FEW = 20;
const AGGREGATES_MS = 5_000;
/** Who sees some sites only hears nothing of an outage, whose charger is none. */
const AGAIN_MS = 60_000;

export async function loadAlerts(
  query: AlertsQuery,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<Alert>> {
  return (await listAlerts({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true })).data;
}

export async function loadGroups(
  query: GroupsQuery,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<AlertGroup>> {
  return (await listAlertGroups({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true })).data;
}

export function alertQuery(id: string) {
  return queryOptions({
    queryKey: ["alerts", "one", id],
    queryFn: async ({ signal }) => (await getAlert({ path: { alert_id: id }, signal, throwOnError: true })).data,
  });
}

/** Null once nothing of it stands. */
export function groupQuery(key: string) {
  return queryOptions({
    queryKey: ["alerts", "group", key],
    queryFn: async ({ signal }): Promise<AlertGroup | null> =>
      (await listAlertGroups({ query: { id: [key] }, signal, throwOnError: true })).data.items[0] ?? null,
  });
}

export function historyQuery(id: string) {
  return queryOptions({
    queryKey: ["alerts", "history", id],
    queryFn: async ({ signal }) => {
      const query = { sort: "-at" as const, limit: PAGE };
      return (await listAlertEvents({ path: { alert_id: id }, query, signal, throwOnError: true })).data;
    },
  });
}

export async function findAssignees(text: string, signal: AbortSignal): Promise<Option[]> {
  const query = { q: text || undefined, limit: FEW };
  const { data } = await listAlertAssignees({ query, signal, throwOnError: true });
  return data.items.map(({ id, username, display_name: name }) => ({
    id,
    label: name ?? username,
    description: name ? username : undefined,
  }));
}

/** Everything that is shown of alerts is read anew. */
function alertsChanged(): void {
  void queries.invalidateQueries({ queryKey: ["alerts"] });
  void queries.invalidateQueries({ queryKey: ["overview"] });
}

/** How many were changed; an outage itself is not counted. */
async function each(
  target: Target,
  send: (whom: ReturnType<typeof bodiesOf>[number]) => Promise<{ data: { ids: string[] } }>,
): Promise<number> {
  let count = 0;
  try {
    for (const whom of bodiesOf(target)) {
      const { data } = await send(whom);
      const outages = data.ids.filter((id) => groupRows.get(id)?.outage === id).length;
      count += data.ids.length === outages ? outages : data.ids.length - outages;
    }
  } finally {
    alertsChanged();
  }
  return count;
}

export function acknowledge(target: Target): Promise<number> {
  return each(target, (whom) => acknowledgeAlerts({ body: whom, throwOnError: true }));
}

export function assign(target: Target, user: string | null): Promise<number> {
  return each(target, (whom) => assignAlerts({ body: { ...whom, assigned_to: user }, throwOnError: true }));
}

export function snooze(target: Target, until: string): Promise<number> {
  return each(target, (whom) => snoozeAlerts({ body: { ...whom, until }, throwOnError: true }));
}

export function resolve(target: Target, text: string | null): Promise<number> {
  return each(target, (whom) => resolveAlerts({ body: { ...whom, text }, throwOnError: true }));
}

export async function reopen(id: string): Promise<void> {
  await reopenAlert({ path: { alert_id: id }, body: {}, throwOnError: true });
  alertsChanged();
}

export async function comment(id: string, text: string): Promise<void> {
  await commentAlert({ path: { alert_id: id }, body: { text }, throwOnError: true });
  await queries.invalidateQueries({ queryKey: historyQuery(id).queryKey });
}

const MOST_PAGES = 5;

/** What is shown follows what is heard; a list that somebody scrolled far down stays as it is. */
export function useLiveAlerts(): void {
  useEffect(() => {
    const again = throttled(() => {
      if (useLive.getState().paused) return;
      void queries.invalidateQueries({
        queryKey: ["alerts"],
        predicate: ({ state }) => ((state.data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0) <= MOST_PAGES,
      });
    }, AGGREGATES_MS);
    const stop = hear(["alert_changed"], again.call);
    const timer = setInterval(again.call, AGAIN_MS);
    return () => {
      stop();
      again.stop();
      clearInterval(timer);
    };
  }, []);
}
