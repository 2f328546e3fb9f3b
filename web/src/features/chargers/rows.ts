// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Chargers of lists as they are now: read by the page, and kept up by what is heard. */
import { infiniteQueryOptions } from "@tanstack/react-query";

import { listAlerts, listChargers } from "@/api/sdk.gen";
import type { Charger } from "@/api/types.gen";
import {
  asBooted,
  asConnected,
  asDisconnected,
  withMeter,
  withStatus,
  withTransaction,
  type ChargerRow,
} from "@/features/chargers/model";
import { queryOf, type ChargersSearch } from "@/features/chargers/filters";
import { hear, onResync } from "@/lib/live";
import { queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

export const chargerRows = new Rows<ChargerRow>();

const PAGE = 100;
const MOST_ALERTS = 500;
const AGAIN_MS = 2_000;
/** What the columns show; texts of configuration and the like stay on the server. */
const FIELDS =
  "id,name,site_id,vendor,model,serial_number,firmware_version,status,error_code,status_at,online,last_heartbeat," +
  "boot_status,boot_at,registration,security_profile,protocol,connected_at,disconnected_at,close_code,close_reason," +
  "retired_at,created_at,connectors";

function put(items: Charger[]): string[] {
  for (const item of items) {
    const before = chargerRows.get(item.id);
    const { powers = {}, alerts = null, heardAt = null } = before ?? {};
    chargerRows.put(item.id, { ...item, powers: item.online ? powers : {}, alerts, heardAt });
  }
  return items.map(({ id }) => id);
}

/** How many alerts each of them has; where that cannot be read it stays unknown. */
async function countAlerts(ids: string[]): Promise<void> {
  if (!ids.length) return;
  const { data } = await listAlerts({
    query: { charger_id: ids, status: ["open", "acknowledged"], fields: "charger_id", limit: MOST_ALERTS },
    throwOnError: true,
  });
  const counts = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const { charger_id: id } of data.items) if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const [id, alerts] of counts) chargerRows.patch(id, { alerts });
}

interface Page {
  ids: string[];
  next: string | null;
  total: number;
}

export function chargersQuery(search: ChargersSearch, seesAlerts: boolean) {
  const query = queryOf(search);
  return infiniteQueryOptions({
    queryKey: ["chargers", "list", query, seesAlerts],
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const cursor = pageParam ?? undefined;
      const { data } = await listChargers({
        query: { ...query, limit: PAGE, fields: FIELDS, cursor },
        signal,
        throwOnError: true,
      });
      const ids = put(data.items);
      if (seesAlerts) countAlerts(ids).catch(() => ids.forEach((id) => chargerRows.patch(id, { alerts: null })));
      return { ids, next: data.next_cursor, total: data.total_estimate };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: Number.POSITIVE_INFINITY, // the live stream keeps it up; what it misses, `resync` says
    refetchOnWindowFocus: false,
  });
}

/** Reads some chargers anew, together, a moment after the first of them asked for it. */
class Again {
  readonly #read: (ids: string[]) => Promise<unknown>;
  readonly #ids = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(read: (ids: string[]) => Promise<unknown>) {
    this.#read = read;
  }

  add(id: string): void {
    if (!chargerRows.get(id)) return;
    this.#ids.add(id);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const ids = [...this.#ids].slice(0, PAGE);
      for (const each of ids) this.#ids.delete(each);
      void this.#read(ids).catch(() => undefined); // the next event of it, or a resync, asks again
      for (const each of this.#ids) this.add(each);
    }, AGAIN_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

async function readAgain(ids: string[]): Promise<void> {
  const { data } = await listChargers({ query: { id: ids, limit: PAGE, fields: FIELDS }, throwOnError: true });
  put(data.items);
}

const MOST_PAGES = 5;

/** Until the answer is called; no event does more than change its own row. */
export function followRows(seesAlerts: boolean): () => void {
  const changed = new Again(readAgain);
  const alerted = new Again(countAlerts);
  const stops = [
    hear(["status_changed"], (event) => {
      if (event.type === "status_changed") chargerRows.patch(event.charger_id, (row) => withStatus(row, event));
    }),
    hear(["meter_recorded"], (event) => {
      if (event.type === "meter_recorded") chargerRows.patch(event.charger_id, (row) => withMeter(row, event));
    }),
    hear(["transaction_changed"], (event) => {
      if (event.type === "transaction_changed")
        chargerRows.patch(event.charger_id, (row) => withTransaction(row, event));
    }),
    hear(["charger_connected"], (event) => {
      if (event.type === "charger_connected") chargerRows.patch(event.charger_id, (row) => asConnected(row, event));
    }),
    hear(["charger_disconnected"], (event) => {
      if (event.type === "charger_disconnected")
        chargerRows.patch(event.charger_id, (row) => asDisconnected(row, event));
    }),
    hear(["charger_booted"], (event) => {
      if (event.type === "charger_booted") chargerRows.patch(event.charger_id, (row) => asBooted(row, event));
    }),
    hear(["charger_changed", "charger_retired"], (event) => changed.add(event.charger_id)),
    hear(["alert_changed"], (event) => {
      if (seesAlerts) alerted.add(event.charger_id);
    }),
    onResync(() => {
      const lists = queries.getQueryCache().findAll({ queryKey: ["chargers", "list"], type: "active" });
      for (const { queryKey, state } of lists) {
        const pages = (state.data as { pages: unknown[] } | undefined)?.pages.length ?? 0;
        // many pages are not read again one after the other: the list begins anew
        if (pages > MOST_PAGES) void queries.resetQueries({ queryKey, exact: true });
        else void queries.invalidateQueries({ queryKey, exact: true });
      }
    }),
  ];
  return () => {
    changed.stop();
    alerted.stop();
    for (const stop of stops) stop();
  };
}
