// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the lists of tags and groups are narrowed to. */
import { STATUSES } from "@/features/tags/model";
import type { FilterValues } from "@/kit";
import { daysOf, oneOf, oneTextOf, sortOf, textsOf, without, type Days } from "@/lib/search";

export const TABS = ["tags", "groups"] as const;
export type TagsTab = (typeof TABS)[number];
export const SORTS = ["value", "expires_at", "created_at"] as const;
export const GROUP_SORTS = ["name", "tokens"] as const;
const ALL_SORTS = [...SORTS, ...GROUP_SORTS] as const;
type Sort = (typeof ALL_SORTS)[number];

export interface TagsSearch {
  tab?: TagsTab;
  q?: string;
  status?: string[];
  type?: string[];
  group?: string;
  expires?: Days;
  sort?: Sort | `-${Sort}`;
}

export function readSearch(search: Record<string, unknown>): TagsSearch {
  const status = textsOf(search.status)?.filter((each) => STATUSES.some((known) => known === each));
  return without({
    tab: oneOf(
      search.tab,
      TABS.filter((tab) => tab !== "tags"),
    ),
    q: oneTextOf(search.q),
    status: status?.length ? status : undefined,
    type: textsOf(search.type),
    group: oneTextOf(search.group),
    expires: daysOf(search.expires),
    sort: sortOf(search.sort, ALL_SORTS),
  });
}

export function valuesOf(search: TagsSearch): FilterValues {
  const { tab: _tab, q: _q, sort: _sort, ...values } = search;
  return values;
}

export function withValues({ tab, q, sort }: TagsSearch, values: FilterValues): TagsSearch {
  return readSearch({ ...values, tab, q, sort });
}

export function isNarrowed(search: TagsSearch): boolean {
  return search.q !== undefined || Object.keys(valuesOf(search)).length > 0;
}
