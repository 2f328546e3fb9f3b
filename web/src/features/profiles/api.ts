// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Charging profiles read, changed, and the commands that go with them. */
import { queryOptions } from "@tanstack/react-query";

import { getChargingProfile, getCommand, listChargers, sendCommand, updateChargingProfile } from "@/api/sdk.gen";
import type { ChargingProfileUpdate, CommandItem, SendCommandData } from "@/api/types.gen";
import type { Item } from "@/features/profiles/model";
import type { Option } from "@/kit";
import { editedOf, type Edited } from "@/lib/edited";
import { queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

export const profileRows = new Rows<Item>();
export const READ = "charging:profile:read";
export const WRITE = "charging:profile:write";
export const SEND = "charging:profile:send";

const FEW = 20;
const POLL_MS = 1_000;
const PATIENCE_MS = 60_000;

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

export function profilesChanged(): void {
  void queries.invalidateQueries({ queryKey: ["profiles"] });
}

export async function findChargers(query: string, signal: AbortSignal): Promise<Option[]> {
  const { data } = await listChargers({
    query: { q: query || undefined, limit: FEW, fields: "id,name", retired: ["false"] },
    signal,
    throwOnError: true,
  });
  return data.items.map(({ id, name }) => ({ id, label: id, description: name ?? undefined }));
}

/** Sends a command, and waits until the charger has answered, or nobody waits any more. */
export async function ask(charger: string, body: SendCommandData["body"]): Promise<CommandItem> {
  const path = { charger_id: charger };
  const headers = { "idempotency-key": crypto.randomUUID() };
  let { data } = await sendCommand({ path, body, query: { wait: 0, queue: 0 }, headers, throwOnError: true });
  const end = Date.now() + PATIENCE_MS;
  while (data.status === "pending" && Date.now() < end) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    ({ data } = await getCommand({ path: { ...path, command_id: data.id }, throwOnError: true }));
  }
  return data;
}
