// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The rows of the list, whose tags they were charged with, and what is heard of them. */
import { getTransaction, listDrivers, listDriverTransactions, listTokens, listTransactions } from "@/api/sdk.gen";
import type { Transaction } from "@/api/types.gen";
import { isOpen, withMeter, withStatus, type Holder, type SessionRow } from "@/features/sessions/model";
import type { SessionsQuery } from "@/features/sessions/query";
import { hear } from "@/lib/live";
import type { ServerPage } from "@/lib/lists";
import { Rows } from "@/lib/rows";

export const sessionRows = new Rows<SessionRow>();

const PAGE = 100;
const AGAIN_MS = 1_500;

export interface Sight {
  tokens: boolean;
  drivers: boolean;
}

export async function loadSessions(
  query: SessionsQuery,
  driver: string | undefined,
  sight: Sight,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<SessionRow>> {
  const asked = { query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true } as const;
  const { data } = driver
    ? await listDriverTransactions({ ...asked, path: { driver_id: driver } })
    : await listTransactions(asked);
  const items = data.items.map((item): SessionRow => ({ ...item, holder: sessionRows.get(item.id)?.holder }));
  // names of people come after the rows: where they cannot be read, the tags stand alone
  if (sight.tokens) void addHolders(items, sight.drivers).catch(() => undefined);
  return { ...data, items };
}

async function addHolders(items: readonly SessionRow[], seesDrivers: boolean): Promise<void> {
  const tags = [...new Set(items.flatMap(({ id_tag: tag, holder }) => (tag === null || holder ? [] : [tag])))];
  const holders = await holdersOf(tags, seesDrivers);
  for (const { id, id_tag: tag } of items) {
    const holder = tag === null ? undefined : holders.get(tag.toUpperCase());
    if (holder) sessionRows.patch(id, { holder });
  }
}

/** Whose tags these are; at most as many as one page has. */
export async function holdersOf(tags: readonly string[], seesDrivers: boolean): Promise<Map<string, Holder>> {
  if (!tags.length) return new Map();
  const { data } = await listTokens({ query: { value: tags.slice(0, PAGE), limit: PAGE }, throwOnError: true });
  const ids = [...new Set(data.items.flatMap(({ driver_id: id }) => id ?? []))];
  const names = new Map<string, string>();
  if (seesDrivers && ids.length) {
    const { data: drivers } = await listDrivers({
      query: { id: ids, limit: PAGE, fields: "id,name" },
      throwOnError: true,
    });
    for (const { id, name } of drivers.items) names.set(id, name);
  }
  return new Map(
    data.items.map(({ id, value, driver_id: driverId }) => [
      value.toUpperCase(),
      { tokenId: id, driverId, driverName: driverId === null ? null : (names.get(driverId) ?? null) },
    ]),
  );
}

/** Reads sessions again whose end was heard of: the reason and the time are on the server. */
class Again {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  add(id: string): void {
    if (!sessionRows.get(id) || this.#timers.has(id)) return;
    const read = async (): Promise<void> => {
      this.#timers.delete(id);
      const { data } = await getTransaction({ path: { transaction_id: id }, throwOnError: true });
      keep(data);
    };
    // what cannot be read now is read with the list
    this.#timers.set(
      id,
      setTimeout(() => void read().catch(() => undefined), AGAIN_MS),
    );
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}

function keep(item: Transaction): void {
  sessionRows.patch(item.id, (row) => ({ ...row, ...item, holder: row.holder }));
}

/** Until the answer is called, rows follow what is heard of them. */
export function followSessions(): () => void {
  const ended = new Again();
  const stops = [
    hear(["meter_recorded"], (event) => {
      if (event.type !== "meter_recorded" || event.transaction_id === null) return;
      sessionRows.patch(event.transaction_id, (row) => withMeter(row, event.values));
    }),
    hear(["transaction_changed"], (event) => {
      if (event.type !== "transaction_changed") return;
      const row = sessionRows.get(event.id);
      if (row && isOpen(row) && event.status === "completed") ended.add(event.id);
      sessionRows.patch(event.id, (known) => withStatus(known, event.status, event.energy_wh));
    }),
  ];
  return () => {
    ended.stop();
    for (const stop of stops) stop();
  };
}
