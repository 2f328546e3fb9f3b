// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Charging profiles read, changed, and the commands that go with them. */
import { queryOptions } from "@tanstack/react-query";

import { getChargingProfile, updateChargingProfile } from "@/api/sdk.gen";
import type { ChargingProfileUpdate } from "@/api/types.gen";
import type { Item } from "@/features/profiles/model";
import { editedOf, type Edited } from "@/lib/edited";
import { outdate, queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

export const profileRows = new Rows<Item>();
export const READ = "charging:profile:read";
export const WRITE = "charging:profile:write";
export const SEND = "charging:profile:send";

export function profileQuery(id: string) {
  return queryOptions({
    queryKey: ["profiles", "one", id],
    queryFn: async ({ signal }) =>
      editedOf(await getChargingProfile({ path: { profile_id: id }, signal, throwOnError: true })) as Edited<Item>,
  });
}

/** With `etag` only if nobody else changed it meanwhile. */
export async function changeProfile(id: string, body: ChargingProfileUpdate, etag: string | null): Promise<Item> {
  const headers = { "if-match": etag };
  const answer = await updateChargingProfile({ path: { profile_id: id }, body, headers, throwOnError: true });
  const changed = editedOf(answer) as Edited<Item>;
  queries.setQueryData(profileQuery(id).queryKey, changed);
  return changed.item;
}

export function profilesChanged(deleted?: string): void {
  outdate("profiles", deleted);
}
