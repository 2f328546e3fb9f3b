// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the list of charging profiles is narrowed to. */
import { oneTextOf, sortOf, without } from "@/lib/search";

export const SORTS = ["name", "created_at"] as const;

export interface ProfilesSearch {
  q?: string;
  sort?: (typeof SORTS)[number] | `-${(typeof SORTS)[number]}`;
}

export function readSearch(search: Record<string, unknown>): ProfilesSearch {
  return without({ q: oneTextOf(search.q), sort: sortOf(search.sort, SORTS) });
}
