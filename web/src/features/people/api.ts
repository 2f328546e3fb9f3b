// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Users, roles and keys read and changed; names of the places where they hold. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

import {
  getApiKey,
  getRole,
  getUser,
  listChargerGroups,
  listPermissions,
  listRoles,
  listSites,
  updateUser,
} from "@/api/sdk.gen";
import type { ApiKeyItem, RoleItem, UserItem, UserUpdate } from "@/api/types.gen";
import type { PlaceId } from "@/features/people/model";
import type { LoadOptions, Option } from "@/kit";
import { editedOf, type Edited } from "@/lib/edited";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

export const PAGE = 100;
const OFFERED = 20;
const MOST_NAMES = 500;

export const userRows = new Rows<UserItem>();
export const keyRows = new Rows<ApiKeyItem>();

export function userQuery(id: string) {
  return queryOptions({
    queryKey: ["users", "one", id],
    queryFn: async ({ signal }): Promise<Edited<UserItem>> =>
      editedOf(await getUser({ path: { user_id: id }, signal, throwOnError: true })),
  });
}

/** With `etag` only if nobody else changed it meanwhile. */
export async function changeUser(id: string, body: UserUpdate, etag: string | null): Promise<UserItem> {
  const answer = await updateUser({ path: { user_id: id }, body, headers: { "if-match": etag }, throwOnError: true });
  const edited = editedOf(answer);
  queries.setQueryData(userQuery(id).queryKey, edited);
  userRows.patch(id, edited.item);
  return edited.item;
}

export function usersChanged(): void {
  void queries.invalidateQueries({ queryKey: ["users"] });
  void queries.invalidateQueries({ queryKey: ["roles"] });
}

export const rolesQuery = queryOptions({
  queryKey: ["roles", "all"],
  queryFn: async ({ signal }) => (await listRoles({ signal, throwOnError: true })).data.items,
});

export function roleQuery(key: string) {
  return queryOptions({
    queryKey: ["roles", "one", key],
    queryFn: async ({ signal }): Promise<Edited<RoleItem>> =>
      editedOf(await getRole({ path: { key }, signal, throwOnError: true })),
  });
}

export function rolesChanged(): void {
  void queries.invalidateQueries({ queryKey: ["roles"] });
}

export const permissionsQuery = queryOptions({
  queryKey: ["roles", "permissions"],
  queryFn: async ({ signal }) => (await listPermissions({ signal, throwOnError: true })).data.items,
  staleTime: 600_000,
});

export function keyQuery(id: string) {
  return queryOptions({
    queryKey: ["api-keys", "one", id],
    queryFn: async ({ signal }) => (await getApiKey({ path: { key_id: id }, signal, throwOnError: true })).data,
  });
}

export function keysChanged(): void {
  void queries.invalidateQueries({ queryKey: ["api-keys"] });
}

/** Sites and groups in one list, by a part of their names. */
export const loadPlaces: LoadOptions<PlaceId> = async (q, signal) => {
  const query = { q: q || undefined, limit: OFFERED, fields: "id,name" };
  const [sites, groups] = await Promise.all([
    listSites({ query, signal, throwOnError: true }),
    listChargerGroups({ query, signal, throwOnError: true }),
  ]);
  return [
    ...sites.data.items.map(({ id, name }): Option<PlaceId> => ({ id: `site:${id}`, label: name })),
    ...groups.data.items.map(({ id, name }): Option<PlaceId> => ({ id: `group:${id}`, label: name })),
  ];
};

const namesQuery = (kind: "site" | "group", isAllowed: boolean) =>
  queryOptions({
    queryKey: [kind === "site" ? "sites" : "charger-groups", "names"],
    queryFn: async ({ signal }) => {
      const query = { limit: MOST_NAMES, sort: "name" as const, fields: "id,name" };
      const list = kind === "site" ? listSites : listChargerGroups;
      const { items } = (await list({ query, signal, throwOnError: true })).data;
      return items.map(({ id, name }): [string, string] => [`${kind}:${id}`, name]);
    },
    enabled: isAllowed,
    staleTime: 60_000,
  });

/** What places are called; those that are not found keep the beginning of their ids. */
export function usePlaceNames(): (place: PlaceId) => string {
  const may = useMay();
  const { data: sites } = useQuery(namesQuery("site", may("site:site:read")));
  const { data: groups } = useQuery(namesQuery("group", may("charger:group:read")));
  const names = useMemo(() => new Map([...(sites ?? []), ...(groups ?? [])]), [sites, groups]);
  return useCallback((place) => names.get(place) ?? place.replace(/^\w+:/, "").slice(0, 8), [names]);
}
