// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The list as the API is asked for it. */
import type { ListTokensData } from "@/api/types.gen";
import { SORTS, type TagsSearch } from "@/features/tags/search";
import { instantsOf } from "@/lib/days";
import { sortOf, without } from "@/lib/search";

/** The filter that list, bulk changes and exports share. */
export function filterOf(
  { q, status, type, group, expires }: TagsSearch,
  zone: string,
): Record<string, string | string[]> {
  const span = expires && instantsOf(expires, zone);
  return without({
    q,
    status,
    type,
    group,
    "expires_at[gte]": span?.from,
    "expires_at[lt]": span?.to,
  }) as Record<string, string | string[]>;
}

export function queryOf(search: TagsSearch, zone: string): NonNullable<ListTokensData["query"]> {
  const sort = sortOf(search.sort, SORTS);
  return { ...filterOf(search, zone), ...(sort && { sort }) };
}
