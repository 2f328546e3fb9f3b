// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is to be said of a charger: which family its state belongs to, when it was heard last, what events change. */
import type { Charger, ChargerConnector } from "@/api/types.gen";
import type { StatusFamily } from "@/kit";
import type { LiveEvent } from "@/lib/events";

/** A charger of a list, with what other lists know of it. */
export interface ChargerRow extends Charger {
  /** In watts, as heard last: by session, or by connector where there is none. */
  powers: Readonly<Record<string, number>>;
  /** Alerts that are open or acknowledged; null where that is not known. */
  alerts: number | null;
  /** The last sign of life that was heard over the live stream. */
  heardAt: string | null;
}

type Event<Type extends LiveEvent["type"]> = Extract<LiveEvent, { type: Type }>;

const FAMILIES: Readonly<Record<string, StatusFamily>> = {
  available: "available",
  occupied: "in_use",
  preparing: "in_use",
  charging: "in_use",
  suspended_ev: "in_use",
  suspended_evse: "in_use",
  finishing: "in_use",
  reserved: "reserved",
  unavailable: "unavailable",
  faulted: "faulted",
};

/** The words that a status is known by in the texts. */
export const STATUSES = Object.keys(FAMILIES);

const PHASES = new Set(["preparing", "charging", "suspended_ev", "suspended_evse", "finishing"]);

/** A status is unknown until a charger has told it; that is no more use than being out of service. */
export function familyOf(state: string): StatusFamily {
  return FAMILIES[state] ?? "unavailable";
}

/** The most exact word: the phase of a session, otherwise the state. */
export function statusOf({ state, phase, status }: Pick<ChargerConnector, "state" | "phase" | "status">): string {
  return phase ?? (state in FAMILIES ? state : status);
}

const WORST: StatusFamily[] = ["faulted", "unavailable", "reserved", "in_use", "available"];

/** Of all its connectors the one that needs attention most; whoever is away is just that. */
export function worstFamily(charger: Pick<Charger, "online" | "status" | "connectors">): StatusFamily {
  if (!charger.online) return "offline";
  const found = new Set([familyOf(charger.status), ...charger.connectors.map(({ state }) => familyOf(state))]);
  if (found.has("faulted")) return "faulted";
  if (familyOf(charger.status) === "unavailable" && charger.status !== "unknown") return "unavailable";
  const own = new Set(charger.connectors.map(({ state }) => familyOf(state)));
  if (own.has("in_use")) return "in_use";
  return WORST.find((family) => own.has(family)) ?? familyOf(charger.status);
}

export function hasConnected(charger: Pick<Charger, "connected_at" | "boot_at" | "protocol">): boolean {
  return charger.connected_at !== null || charger.boot_at !== null || charger.protocol !== null;
}

/** The newest of everything that it did by itself. */
export function lastHeard(charger: Charger & { heardAt?: string | null }): string | null {
  const signs = [
    charger.heardAt,
    charger.last_heartbeat,
    charger.boot_at,
    charger.connected_at,
    charger.disconnected_at,
    ...charger.connectors.map(({ last_status_update: at }) => at),
  ];
  let newest: string | null = null;
  for (const at of signs) if (at && (newest === null || Date.parse(at) > Date.parse(newest))) newest = at;
  return newest;
}

/** In watts; null where no connector has told any. */
export function powerOf(row: Pick<ChargerRow, "powers" | "online">): number | null {
  const known = Object.values(row.powers);
  return row.online && known.length ? known.reduce((sum, each) => sum + each, 0) : null;
}

const POWER = "Power.Active.Import";

/** In watts: the sum, or what the phases add up to. */
export function powerIn(values: Readonly<Record<string, number>>): number | null {
  if (POWER in values) return values[POWER] ?? null;
  const phases = Object.entries(values).filter(([name]) => name.startsWith(`${POWER}.L`));
  return phases.length ? phases.reduce((sum, [, value]) => sum + value, 0) : null;
}

export function withStatus<Row extends Charger>(row: Row, event: Event<"status_changed">): Row {
  const { status, error_code, at } = event;
  const heard = { heardAt: at };
  if (event.connector_id === 0 && event.evse_id === 0) return { ...row, ...heard, status, error_code, status_at: at };
  const isIt = (each: ChargerConnector) =>
    each.evse_id === event.evse_id && (each.connector_id === event.connector_id || event.connector_id === 0);
  const phase = PHASES.has(status) ? status : null;
  const state = phase ? "occupied" : status;
  const change = { status, state, phase, error_code, status_at: at, last_status_update: at };
  if (row.connectors.some(isIt)) {
    return { ...row, ...heard, connectors: row.connectors.map((each) => (isIt(each) ? { ...each, ...change } : each)) };
  }
  const fresh = { connector_id: event.connector_id, evse_id: event.evse_id, ...change };
  const connector = { ...fresh, info: null, vendor_id: null, vendor_error_code: null };
  return { ...row, ...heard, connectors: [...row.connectors, connector] };
}

/** Sessions have names of their own; in OCPP 2.x the numbers of connectors begin anew at each EVSE. */
function sourceOf({ transaction_id, connector_id }: Event<"meter_recorded">): string {
  return transaction_id ?? `connector ${connector_id}`;
}

export function withMeter(row: ChargerRow, event: Event<"meter_recorded">): ChargerRow {
  const power = powerIn(event.values);
  const powers = power === null ? row.powers : { ...row.powers, [sourceOf(event)]: power };
  return { ...row, powers, heardAt: event.at };
}

/** Whoever has ended draws nothing any more. */
export function withTransaction(row: ChargerRow, event: Event<"transaction_changed">): ChargerRow {
  if (event.status === "active" || !(event.id in row.powers)) return row;
  const { [event.id]: _ended, ...powers } = row.powers;
  return { ...row, powers };
}

export function asConnected<Row extends Charger>(row: Row, event: Event<"charger_connected">): Row {
  return { ...row, online: true, protocol: event.protocol, connected_at: event.at, heardAt: event.at };
}

export function asDisconnected<Row extends Charger>(row: Row, event: Event<"charger_disconnected">): Row {
  const { code, reason, at } = event;
  return { ...row, online: false, disconnected_at: at, close_code: code, close_reason: reason, powers: {} };
}

export function asBooted<Row extends Charger>(row: Row, event: Event<"charger_booted">): Row {
  const { vendor, model, firmware_version } = event;
  return { ...row, vendor, model, firmware_version: firmware_version ?? row.firmware_version };
}

/** As people call it. */
export function chargerName({ id, name }: Pick<Charger, "id" | "name">): string {
  return name ? `${name} (${id})` : id;
}

export function chargerPath(id: string, tab = ""): string {
  return `/chargers/${encodeURIComponent(id)}${tab && `/${tab}`}`;
}
