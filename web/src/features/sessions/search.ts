// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the list is narrowed to: in the address, as the API wants it, and as the bar of filters shows it. */
import { ATTENTION } from "@/features/sessions/model";
import type { FilterValues } from "@/kit";
import { daysOf, oneOf, oneTextOf, sortOf, textsOf, without, type Days } from "@/lib/search";

export const TABS = ["attention", "active", "finished"] as const;
export type SessionTab = (typeof TABS)[number];
export const SORTS = ["start_timestamp", "stop_timestamp", "created_at", "transaction_id"] as const;
type Sort = (typeof SORTS)[number];

export interface SessionsSearch {
  tab?: SessionTab;
  q?: string;
  site_id?: string[];
  charger_id?: string;
  id_tag?: string;
  /** A driver, by their id. */
  driver?: string;
  attention?: string[];
  reason?: string[];
  flags?: string[];
  started?: Days;
  sort?: Sort | `-${Sort}`;
}

export function readSearch(search: Record<string, unknown>): SessionsSearch {
  const attention = textsOf(search.attention)?.filter((each) => ATTENTION.some((known) => known === each));
  return without({
    tab: oneOf(search.tab, TABS),
    q: oneTextOf(search.q),
    site_id: textsOf(search.site_id),
    charger_id: oneTextOf(search.charger_id),
    id_tag: oneTextOf(search.id_tag),
    driver: oneTextOf(search.driver),
    attention: attention?.length ? attention : undefined,
    reason: textsOf(search.reason),
    flags: textsOf(search.flags),
    started: daysOf(search.started),
    sort: sortOf(search.sort, SORTS),
  });
}

/** For the bar of filters: everything but the tab, the search, the driver and the order. */
export function valuesOf(search: SessionsSearch): FilterValues {
  const { tab: _tab, q: _q, driver: _driver, sort: _sort, ...values } = search;
  return values;
}

export function withValues(search: SessionsSearch, values: FilterValues): SessionsSearch {
  const { tab, q, driver, sort } = search;
  return readSearch({ ...values, tab, q, driver: Object.keys(values).length ? driver : undefined, sort });
}

export function isNarrowed(search: SessionsSearch): boolean {
  return search.q !== undefined || search.driver !== undefined || Object.keys(valuesOf(search)).length > 0;
}
