// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the lists of users and of keys are narrowed to. */
import type { FilterValues } from "@/kit";
import { oneOf, oneTextOf, sortOf, textsOf, without } from "@/lib/search";

export const SORTS = ["username", "created_at", "last_login_at"] as const;
type Sort = (typeof SORTS)[number];

export interface PeopleSearch {
  q?: string;
  status?: string[];
  role?: string[];
  sort?: Sort | `-${Sort}`;
  /** Somebody is invited right away: where the palette leads. */
  invite?: true;
}

export function readSearch({ q, status, role, sort, invite }: Record<string, unknown>): PeopleSearch {
  return without({
    q: oneTextOf(q),
    status: textsOf(status),
    role: textsOf(role),
    sort: sortOf(sort, SORTS),
    invite: invite === true || undefined,
  });
}

const TABS = ["sessions", "activity"] as const;
export type UserTab = (typeof TABS)[number];

export function readTab({ tab }: Record<string, unknown>): { tab?: UserTab } {
  return without({ tab: oneOf(tab, TABS) });
}

export function valuesOf({ status, role }: PeopleSearch): FilterValues {
  return without({ status, role });
}

export function isNarrowed({ q, status, role }: PeopleSearch): boolean {
  return [q, status, role].some((each) => each !== undefined);
}
