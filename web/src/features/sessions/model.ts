// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Sessions as they are shown: read from the API, and kept up by what is heard. */
import type { Transaction } from "@/api/types.gen";

export type AttentionReason = Transaction["attention"][number];

/** Whose tag it was, where that may be seen. */
export interface Holder {
  tokenId: string;
  driverId: string | null;
  driverName: string | null;
}

export type SessionRow = Transaction & { holder?: Holder };

export const ATTENTION = [
  "charger_offline",
  "no_meter_values",
  "open_too_long",
  "not_ended",
  "zero_energy",
  "energy_unknown",
  "meter_jump",
  "time_jump",
  "events_missing",
  "not_authorized",
] as const satisfies readonly AttentionReason[];

export function isOpen({ status }: Pick<Transaction, "status">): boolean {
  return status !== "completed";
}

export function sessionPath(id: string): string {
  return `/sessions/${encodeURIComponent(id)}`;
}

export function chargerPath(id: string): string {
  return `/chargers/${encodeURIComponent(id)}`;
}

/** The identity, or the name where it has one, and the connector where there are several. */
export function chargerName({ charger_id: id, charger_name: name, connector_id: connector }: Transaction): string {
  return [name ?? id, connector > 0 ? String(connector) : null].filter((each) => each !== null).join(" · ");
}

/** Seconds, up to now where it goes on; null where a beginning is not known. */
export function durationOf(row: Transaction, now: number): number | null {
  const begin = row.start_timestamp ?? row.start_received_at;
  const end = row.stop_timestamp ?? row.stop_received_at;
  if (begin === null || (!isOpen(row) && end === null)) return null;
  return Math.max(0, ((isOpen(row) ? now : Date.parse(end ?? begin)) - Date.parse(begin)) / 1000);
}

/** The total, or the phases together. */
export function figureOf(values: Readonly<Record<string, number>>, measurand: string): number | null {
  const total = values[measurand];
  if (total !== undefined) return total;
  const phases = ["L1", "L2", "L3"].flatMap((phase) => values[`${measurand}.${phase}`] ?? []);
  return phases.length ? phases.reduce((sum, each) => sum + each, 0) : null;
}

export function withMeter(row: SessionRow, values: Readonly<Record<string, number>>): SessionRow {
  if (!isOpen(row)) return row;
  const register = figureOf(values, "Energy.Active.Import.Register");
  const energy = register !== null && row.meter_start !== null ? register - row.meter_start : null;
  return {
    ...row,
    power_w: figureOf(values, "Power.Active.Import") ?? row.power_w,
    soc_percent: values.SoC ?? row.soc_percent,
    energy_wh: energy !== null && energy >= 0 ? energy : row.energy_wh,
    // it was silent before: this reading is one
    attention: row.attention.filter((reason) => reason !== "no_meter_values"),
  };
}

export function withStatus(row: SessionRow, status: string, energy: number | null): SessionRow {
  if (status !== "active" && status !== "completed" && status !== "suspect") return row;
  const ended = status === "completed" ? { power_w: null, soc_percent: null } : {};
  return { ...row, ...ended, status, energy_wh: energy ?? row.energy_wh };
}
