// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Users as they are shown: which role they have where. */
import type { RoleAssignment, UserItem } from "@/api/types.gen";

export type UserStatus = UserItem["status"];
export const STATUSES = ["active", "invited", "suspended", "retired"] as const satisfies readonly UserStatus[];
/** Of whoever has roles at places only. */
export const NO_ROLE = "none";

/** A site or a group, in one list with the others. */
export type PlaceId = `site:${string}` | `group:${string}`;

/** A role, and where it holds; no places: in the whole organization. */
export interface Given {
  role: string;
  places: PlaceId[];
}

interface Roles {
  role: string;
  assignments: RoleAssignment[];
}

export function userPath(id: string): string {
  return `/users/${encodeURIComponent(id)}`;
}

export function rolePath(key: string): string {
  return `/roles/${encodeURIComponent(key)}`;
}

export function nameOf({ display_name: name, username }: Pick<UserItem, "display_name" | "username">): string {
  return name ?? username;
}

/** Each role once, the one of the whole organization first. */
export function givenOf({ role, assignments }: Roles): Given[] {
  const found: Given[] = role === NO_ROLE ? [] : [{ role, places: [] }];
  const placed = new Map<string, PlaceId[]>();
  for (const { role: each, site_id: site, group_id: group } of assignments) {
    const place: PlaceId = site ? `site:${site}` : `group:${group ?? ""}`;
    placed.set(each, [...(placed.get(each) ?? []), place]);
  }
  return [...found, ...[...placed].map(([each, places]) => ({ role: each, places }))];
}

/** As the API wants it; of several roles of the whole organization the first counts. */
export function rolesOf(given: readonly Given[]): Roles {
  const whole = given.find(({ places }) => !places.length);
  const assignments = given.flatMap(({ role, places }) =>
    places.map((place): RoleAssignment => {
      const id = place.slice(place.indexOf(":") + 1);
      return place.startsWith("site:") ? { role, site_id: id } : { role, group_id: id };
    }),
  );
  return { role: whole?.role ?? NO_ROLE, assignments };
}

/** The first of what is wrong with it. */
export function faultOf(given: readonly Given[]): "none" | "two_wholes" | "twice" | null {
  if (!given.length || given.some(({ role }) => !role)) return "none";
  if (given.filter(({ places }) => !places.length).length > 1) return "two_wholes";
  return new Set(given.map(({ role }) => role)).size < given.length ? "twice" : null;
}
