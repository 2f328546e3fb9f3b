// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the list of drivers is narrowed to. */
import type { ListDriversData } from "@/api/types.gen";
import type { FilterValues } from "@/kit";
import { oneTextOf, sortOf, textsOf, without } from "@/lib/search";

export const STATUSES = ["active", "blocked"] as const;
export const SORTS = ["name", "created_at"] as const;
type Sort = (typeof SORTS)[number];

export interface DriversSearch {
  q?: string;
  status?: string[];
  email?: string;
  external_id?: string;
  sort?: Sort | `-${Sort}`;
}

export function readSearch(search: Record<string, unknown>): DriversSearch {
  const status = textsOf(search.status)?.filter((each) => STATUSES.some((known) => known === each));
  return without({
    q: oneTextOf(search.q),
    status: status?.length ? status : undefined,
    email: oneTextOf(search.email),
    external_id: oneTextOf(search.external_id),
    sort: sortOf(search.sort, SORTS),
  });
}

export function queryOf({
  q,
  status,
  email,
  external_id: external,
  sort,
}: DriversSearch): NonNullable<ListDriversData["query"]> {
  return without({
    q,
    status: status as ("active" | "blocked")[] | undefined,
    email: email === undefined ? undefined : [email],
    external_id: external === undefined ? undefined : [external],
    sort,
  });
}

export function valuesOf(search: DriversSearch): FilterValues {
  const { q: _q, sort: _sort, ...values } = search;
  return values;
}

export function withValues({ q, sort }: DriversSearch, values: FilterValues): DriversSearch {
  return readSearch({ ...values, q, sort });
}

export function isNarrowed(search: DriversSearch): boolean {
  return search.q !== undefined || Object.keys(valuesOf(search)).length > 0;
}
