// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Seven days, and which reservations hold on which of them. */
import {
  parseAbsolute,
  parseDate,
  startOfWeek,
  toCalendarDate,
  today,
  type CalendarDate,
} from "@internationalized/date";

import type { Reservation } from "@/api/types.gen";

export interface Span {
  from: number;
  to: number;
}

/** From when to when it held; one without an end holds for ever. */
export function spanOf({ created_at: from, expires_at: end, status, updated_at: over }: Reservation): Span {
  const last = end === null ? Number.POSITIVE_INFINITY : Date.parse(end);
  const ended = status === "active" || status === "expired" ? last : Math.min(last, Date.parse(over));
  return { from: Date.parse(from), to: Math.max(Date.parse(from), ended) };
}

export function weekOf(day: string | undefined, zone: string, language: string): CalendarDate[] {
  const first = startOfWeek(day === undefined ? today(zone) : parseDate(day), language);
  return Array.from({ length: 7 }, (_, index) => first.add({ days: index }));
}

export function dayAt(instant: string, zone: string): string {
  return toCalendarDate(parseAbsolute(instant, zone)).toString();
}

export interface WeekRow {
  charger: string;
  /** As many as there are days. */
  days: Reservation[][];
}

/** By charger; on each day those that hold on some of it, the earlier ones first. */
export function rowsOf(reservations: readonly Reservation[], days: readonly CalendarDate[], zone: string): WeekRow[] {
  const bounds = days.map((day) => ({
    from: day.toDate(zone).getTime(),
    to: day.add({ days: 1 }).toDate(zone).getTime(),
  }));
  const chargers = [...new Set(reservations.map(({ charger_id: charger }) => charger))].toSorted((one, other) =>
    one.localeCompare(other, undefined, { numeric: true }),
  );
  const ordered = reservations.toSorted((one, other) => spanOf(one).from - spanOf(other).from);
  return chargers.map((charger) => ({
    charger,
    days: bounds.map(({ from, to }) =>
      ordered.filter((each) => {
        const span = spanOf(each);
        return each.charger_id === charger && span.from < to && (span.to > from || span.from >= from);
      }),
    ),
  }));
}
