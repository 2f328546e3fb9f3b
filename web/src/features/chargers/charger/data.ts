// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Everything about one charger: what is read, and how it is kept up by what is heard. */
import { queryOptions } from "@tanstack/react-query";
import { useEffect } from "react";

import { getCapabilities, getCharger, getChargerHealth, getTransactionSeries, listTransactions } from "@/api/sdk.gen";
import type { Charger } from "@/api/types.gen";
import { asBooted, asConnected, asDisconnected, withStatus } from "@/features/chargers/model";
import type { LiveEvent } from "@/lib/events";
import { hear, onResync, useLive } from "@/lib/live";
import { queries } from "@/lib/queries";

export interface Loaded {
  charger: Charger;
  /** For changes: of what was read. */
  etag: string | null;
}

const AGGREGATE_MS = 5_000;
const MOST_SESSIONS = 50;
const POINTS = 60;

export const keyOf = (id: string, ...more: string[]) => ["charger", id, ...more];

export function chargerQuery(id: string) {
  return queryOptions({
    queryKey: keyOf(id, "itself"),
    queryFn: async ({ signal }): Promise<Loaded> => {
      const { data, response } = await getCharger({ path: { charger_id: id }, signal, throwOnError: true });
      return { charger: data, etag: response.headers.get("etag") };
    },
  });
}

export function healthQuery(id: string) {
  return queryOptions({
    queryKey: keyOf(id, "health"),
    queryFn: async ({ signal }) =>
      (await getChargerHealth({ path: { charger_id: id }, signal, throwOnError: true })).data,
    refetchInterval: 60_000,
  });
}

/** The commands that its version of OCPP has words for. */
export function capabilitiesQuery(id: string) {
  return queryOptions({
    queryKey: keyOf(id, "capabilities"),
    queryFn: async ({ signal }) =>
      (await getCapabilities({ path: { charger_id: id }, signal, throwOnError: true })).data,
    staleTime: 300_000,
  });
}

export function activeQuery(id: string) {
  return queryOptions({
    queryKey: keyOf(id, "active"),
    queryFn: async ({ signal }) => {
      const query = { charger_id: [id], status: ["active" as const], limit: MOST_SESSIONS };
      return (await listTransactions({ query, signal, throwOnError: true })).data.items;
    },
  });
}

/** What was measured in a session, and the limit that held. */
export function seriesQuery(id: string, session: string) {
  return queryOptions({
    queryKey: keyOf(id, "series", session),
    queryFn: async ({ signal }) => {
      const query = { points: POINTS };
      return (await getTransactionSeries({ path: { transaction_id: session }, query, signal, throwOnError: true }))
        .data;
    },
    staleTime: 60_000,
    refetchInterval: 120_000,
  });
}

export interface Meter {
  at: string;
  values: Readonly<Record<string, number>>;
}

/** The newest readings that were heard: by session, or by connector where there is none. */
export function metersQuery(id: string) {
  return queryOptions<Readonly<Record<string, Meter>>>({
    queryKey: keyOf(id, "meters"),
    queryFn: () => ({}),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Runs soon, but not more often than that. */
export function atMostEvery(ms: number, run: () => void): { ask: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  const ask = () => {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        last = Date.now();
        run();
      },
      Math.max(0, last + ms - Date.now()),
    );
  };
  return { ask, stop: () => clearTimeout(timer) };
}

function patch(id: string, change: (charger: Charger) => Charger): void {
  queries.setQueryData(chargerQuery(id).queryKey, (loaded) => loaded && { ...loaded, charger: change(loaded.charger) });
}

function take(id: string, event: LiveEvent): void {
  switch (event.type) {
    case "status_changed":
      return patch(id, (charger) => withStatus(charger, event));
    case "charger_connected":
      return patch(id, (charger) => asConnected(charger, event));
    case "charger_disconnected":
      return patch(id, (charger) => asDisconnected(charger, event));
    case "charger_booted":
      return patch(id, (charger) => asBooted(charger, event));
    case "meter_recorded": {
      const source = event.transaction_id ?? `connector ${event.connector_id}`;
      const { at, values } = event;
      queries.setQueryData(metersQuery(id).queryKey, (before) => ({ ...before, [source]: { at, values } }));
      return;
    }
    default:
  }
}

const JUDGED = [
  "status_changed",
  "charger_connected",
  "charger_disconnected",
  "charger_booted",
  "charger_changed",
  "alert_changed",
  "command_closed",
  "transaction_changed",
  "progress_made",
] as const;

/** Until the answer is called. */
function followCharger(id: string): () => void {
  const again = (...names: string[]) =>
    atMostEvery(AGGREGATE_MS, () => {
      for (const name of names) void queries.invalidateQueries({ queryKey: keyOf(id, name) });
    });
  const judged = again("health", "timeline");
  const active = again("active");
  const itself = again("itself", "connectors");
  const isMine = (event: LiveEvent) => event.charger_id === id && !useLive.getState().paused;
  const stops = [
    hear([...JUDGED, "meter_recorded"], (event) => isMine(event) && take(id, event)),
    hear([...JUDGED], (event) => isMine(event) && judged.ask()),
    hear(["transaction_changed"], (event) => isMine(event) && active.ask()),
    hear(["charger_changed", "charger_booted"], (event) => isMine(event) && itself.ask()),
    onResync(() => void queries.invalidateQueries({ queryKey: keyOf(id) })),
    useLive.subscribe((now, before) => {
      if (before.paused && !now.paused) void queries.invalidateQueries({ queryKey: keyOf(id) });
    }),
  ];
  return () => {
    for (const each of [judged, active, itself]) each.stop();
    for (const stop of stops) stop();
  };
}

export function useChargerAlive(id: string): void {
  useEffect(() => followCharger(id), [id]);
}
