// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Chargers that somebody should look at, each once, with everything that is wrong with it. */
import type { Charger, Transaction } from "@/api/types.gen";

type Seen = Pick<Charger, "id" | "name" | "disconnected_at" | "last_heartbeat" | "online" | "error_code" | "status_at">;
type Doubtful = Pick<
  Transaction,
  "id" | "charger_id" | "charger_name" | "attention" | "start_timestamp" | "start_received_at"
>;

export interface Concern {
  chargerId: string;
  name: string | null;
  isOffline: boolean;
  isFaulted: boolean;
  errorCode: string | null;
  /** Since when; null where that is not known. */
  since: string | null;
  sessions: Doubtful[];
}

function weight({ isFaulted, isOffline }: Concern): number {
  return isFaulted ? 0 : isOffline ? 1 : 2;
}

/** Faulted ones first, then those that are away, the newest first of each. */
export function concernsOf(
  chargers: readonly Seen[],
  faulted: readonly Seen[],
  sessions: readonly Doubtful[],
): Concern[] {
  const found = new Map<string, Concern>();
  const concern = (chargerId: string, name: string | null): Concern => {
    const known = found.get(chargerId);
    if (known) return known;
    const made = { chargerId, name, isOffline: false, isFaulted: false, errorCode: null, since: null, sessions: [] };
    found.set(chargerId, made);
    return made;
  };
  for (const each of chargers) {
    const one = concern(each.id, each.name);
    one.isOffline = true;
    one.since = each.disconnected_at ?? each.last_heartbeat;
  }
  for (const each of faulted) {
    const one = concern(each.id, each.name);
    if (one.isOffline) continue; // what it said before it went away may not hold any more
    one.isFaulted = true;
    one.errorCode = each.error_code;
    one.since = each.status_at;
  }
  for (const each of sessions) {
    const one = concern(each.charger_id, each.charger_name);
    one.sessions.push(each);
    one.since ??= each.start_timestamp ?? each.start_received_at;
  }
  return [...found.values()].toSorted(
    (one, other) => weight(one) - weight(other) || (other.since ?? "").localeCompare(one.since ?? ""),
  );
}
