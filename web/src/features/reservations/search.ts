// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the reservations are narrowed to, and how they are shown. */
import type { Reservation } from "@/api/types.gen";
import type { FilterValues } from "@/kit";
import { daysOf, oneOf, oneTextOf, sortOf, textsOf, without, type Days } from "@/lib/search";

export const VIEWS = ["list", "week"] as const;
type View = (typeof VIEWS)[number];
export const STATUSES = [
  "active",
  "used",
  "cancelled",
  "expired",
  "removed",
] as const satisfies readonly Reservation["status"][];
export const SORTS = ["created_at", "expires_at"] as const;
type Sort = (typeof SORTS)[number];

export interface ReservationsSearch {
  view?: View;
  /** A day of the week that is shown. */
  day?: string;
  q?: string;
  status?: Reservation["status"][];
  site_id?: string[];
  charger_id?: string;
  token?: string;
  expires?: Days;
  sort?: Sort | `-${Sort}`;
}

export function readSearch(search: Record<string, unknown>): ReservationsSearch {
  const status = STATUSES.filter((each) => textsOf(search.status)?.includes(each));
  const day = oneTextOf(search.day);
  return without({
    view: oneOf(search.view, VIEWS),
    day: day && daysOf({ from: day, to: day }) ? day : undefined,
    q: oneTextOf(search.q),
    status: status.length ? status : undefined,
    site_id: textsOf(search.site_id),
    charger_id: oneTextOf(search.charger_id),
    token: oneTextOf(search.token),
    expires: daysOf(search.expires),
    sort: sortOf(search.sort, SORTS),
  });
}

export function valuesOf(search: ReservationsSearch): FilterValues {
  const { view: _view, day: _day, q: _q, sort: _sort, ...values } = search;
  return values;
}

export function withValues({ view, day, q, sort }: ReservationsSearch, values: FilterValues): ReservationsSearch {
  return readSearch({ ...values, view, day, q, sort });
}

export function isNarrowed(search: ReservationsSearch): boolean {
  return search.q !== undefined || Object.keys(valuesOf(search)).length > 0;
}
