// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Charging profiles as they are edited and drawn. */
import type { ChargingProfile, ChargingProfileItem, ChargingSchedule, ChargingSchedulePeriod } from "@/api/types.gen";

/** One of the library; its profile is a ChargingProfile without a number. */
export type Item = Omit<ChargingProfileItem, "profile"> & { profile: ChargingProfile };
export type Unit = ChargingSchedule["unit"];

export const PURPOSES = [
  "tx_default_profile",
  "charging_station_max_profile",
  "tx_profile",
  "charging_station_external_constraints",
  "priority_charging",
  "local_generation",
] as const satisfies readonly ChargingProfile["purpose"][];
export const KINDS = [
  "recurring",
  "absolute",
  "relative",
  "dynamic",
] as const satisfies readonly ChargingProfile["kind"][];

const DAY_S = 86_400;
const HOUR_S = 3_600;

export interface Period {
  id: string;
  /** Hours and minutes after the beginning: 7:30. */
  start: string;
  limit: number | null;
  phases: number | null;
  /** What the editor does not know stays. */
  rest: Partial<ChargingSchedulePeriod>;
}

export interface Draft {
  purpose: ChargingProfile["purpose"];
  kind: ChargingProfile["kind"];
  recurrency: "daily" | "weekly";
  stackLevel: number | null;
  validFrom: string | null;
  validTo: string | null;
  unit: Unit;
  startAt: string | null;
  /** In hours. */
  duration: number | null;
  periods: Period[];
}

let count = 0;

export function newPeriod(start = "0:00", limit: number | null = null, phases: number | null = null): Period {
  count += 1;
  return { id: String(count), start, limit, phases, rest: {} };
}

export function profilePath(id: string): string {
  return `/charging-profiles/${encodeURIComponent(id)}`;
}

export function clockOf(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Seconds of "7:30"; nothing where it is none. */
export function secondsOf(clock: string): number | null {
  const found = /^(\d{1,4}):([0-5]\d)$/.exec(clock.trim()) ?? /^(\d{1,4})()$/.exec(clock.trim());
  return found ? Number(found[1]) * HOUR_S + Number(found[2] || 0) * 60 : null;
}

const KNOWN = new Set(["start_s", "limit", "number_phases"]);

export function draftOf(profile?: ChargingProfile): Draft {
  const schedule = profile?.schedules[0];
  const periods = schedule?.periods.map((period): Period => {
    const rest = Object.fromEntries(Object.entries(period).filter(([name]) => !KNOWN.has(name)));
    const { start_s: start, limit = null, number_phases: phases = null } = period;
    return { ...newPeriod(clockOf(start), limit, phases), rest };
  });
  return {
    purpose: profile?.purpose ?? "tx_default_profile",
    kind: profile?.kind ?? "recurring",
    recurrency: profile?.recurrency ?? "daily",
    stackLevel: profile?.stack_level ?? 0,
    validFrom: profile?.valid_from ?? null,
    validTo: profile?.valid_to ?? null,
    unit: schedule?.unit ?? "A",
    startAt: schedule?.start_at ?? null,
    duration: schedule?.duration_s == null ? null : schedule.duration_s / HOUR_S,
    periods: periods ?? [newPeriod("0:00", 16)],
  };
}

export type Fault = "start" | "first" | "order" | "limit" | "beyond";

/** How long a schedule is, where it ends by itself. */
function spanOf({ kind, recurrency }: Pick<Draft, "kind" | "recurrency">): number | null {
  return kind === "recurring" ? (recurrency === "daily" ? DAY_S : 7 * DAY_S) : null;
}

export function faultsOf(draft: Draft): Map<string, Fault> {
  const faults = new Map<string, Fault>();
  const span = spanOf(draft);
  let before = -1;
  draft.periods.forEach(({ id, start, limit, rest }, index) => {
    const seconds = secondsOf(start);
    if (seconds === null) faults.set(id, "start");
    else if (index === 0 && seconds !== 0) faults.set(id, "first");
    else if (seconds <= before) faults.set(id, "order");
    else if (span !== null && seconds >= span) faults.set(id, "beyond");
    else if (limit === null && Object.keys(rest).length === 0) faults.set(id, "limit");
    before = seconds ?? before;
  });
  return faults;
}

/** As it is sent; `before` is what is being edited, and what the editor does not know of it stays. */
export function profileOf(draft: Draft, before?: ChargingProfile): ChargingProfile {
  const [first, ...others] = before?.schedules ?? [];
  const periods = draft.periods.map(({ start, limit, phases, rest }) => ({
    ...rest,
    start_s: secondsOf(start) ?? 0,
    ...(limit !== null && { limit }),
    ...(phases !== null && { number_phases: phases }),
  }));
  const { start_at: _at, duration_s: _duration, ...kept } = first ?? {};
  const schedule = {
    ...kept,
    unit: draft.unit,
    periods,
    ...(draft.startAt !== null && draft.kind !== "relative" && { start_at: draft.startAt }),
    ...(draft.duration !== null && { duration_s: Math.round(draft.duration * HOUR_S) }),
  };
  const { recurrency: _often, valid_from: _from, valid_to: _to, ...rest } = before ?? {};
  return {
    ...rest,
    stack_level: draft.stackLevel ?? 0,
    purpose: draft.purpose,
    kind: draft.kind,
    schedules: [schedule, ...others],
    ...(draft.kind === "recurring" && { recurrency: draft.recurrency }),
    ...(draft.validFrom !== null && { valid_from: draft.validFrom }),
    ...(draft.validTo !== null && { valid_to: draft.validTo }),
  };
}

export interface Curve {
  points: [number, number | null][];
  /** Times count from the beginning of the schedule, not from a moment of the calendar. */
  isElapsed: boolean;
}

/** The limit over time of the first schedule. */
export function curveOf(profile: ChargingProfile): Curve {
  const [schedule] = profile.schedules;
  if (!schedule) return { points: [], isElapsed: true };
  const begin = schedule.start_at == null ? 0 : Date.parse(schedule.start_at);
  const starts = schedule.periods.map((period) => period.start_s);
  const last = starts.at(-1) ?? 0;
  const span = schedule.duration_s ?? spanOf({ kind: profile.kind, recurrency: profile.recurrency ?? "daily" });
  const end = Math.max(span ?? 0, last + (span === null ? Math.max(HOUR_S, last / 4) : 0));
  const points = schedule.periods
    .filter((period) => period.start_s <= end)
    .map((period): [number, number | null] => [begin + period.start_s * 1_000, period.limit ?? null]);
  const value = points.at(-1)?.[1] ?? null;
  return { points: [...points, [begin + end * 1_000, value]], isElapsed: schedule.start_at == null };
}

/** The lowest and the highest limit. */
export function rangeOf({ schedules }: ChargingProfile): { from: number; to: number; unit: Unit } | null {
  const [schedule] = schedules;
  const limits = schedule?.periods.flatMap(({ limit }) => (limit == null ? [] : [limit])) ?? [];
  return schedule && limits.length ? { from: Math.min(...limits), to: Math.max(...limits), unit: schedule.unit } : null;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

export interface Composite {
  unit: Unit;
  points: [number, number | null][];
}

/** A composite schedule out of the answer of a charger, as OCPP 1.6 and 2.x spell it; `now` where it tells no beginning. */
export function compositeOf(result: unknown, now: number): Composite | null {
  const answer = record(result);
  const schedule = record(answer.schedule ?? answer.chargingSchedule);
  const periods = schedule.chargingSchedulePeriod;
  if (!Array.isArray(periods) || !periods.length) return null;
  const told = schedule.scheduleStart ?? answer.scheduleStart ?? schedule.startSchedule;
  const begin = typeof told === "string" && !Number.isNaN(Date.parse(told)) ? Date.parse(told) : now;
  const points = periods.map((each): [number, number | null] => {
    const { startPeriod, limit } = record(each);
    return [begin + Number(startPeriod ?? 0) * 1_000, typeof limit === "number" ? limit : null];
  });
  const [end, value] = [begin + Number(schedule.duration ?? 0) * 1_000, points.at(-1)?.[1] ?? null];
  if (end > (points.at(-1)?.[0] ?? 0)) points.push([end, value]);
  return { unit: schedule.chargingRateUnit === "W" ? "W" : "A", points };
}
