// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Settings and feature flags read and changed, each with the tag of its version. */
import { queryOptions } from "@tanstack/react-query";

import { client } from "@/api/client.gen";
import { getFeatureFlag, listSettings, resetSettings, revertSettings } from "@/api/sdk.gen";
import type { FlagItem, SectionItem } from "@/api/types.gen";
import { queries } from "@/app/queries";
import type { Values } from "@/features/system/sections";
import { editedOf, type Edited } from "@/lib/edited";

export const settingsQuery = queryOptions({
  queryKey: ["settings", "all"],
  queryFn: async ({ signal }): Promise<SectionItem[]> =>
    (await listSettings({ signal, throwOnError: true })).data.items,
});

// sections differ in nothing but their fields: one request for all of them, in place of two functions for each
const PATH = "/api/v1/settings/{section}";

export function sectionQuery(section: string) {
  return queryOptions({
    queryKey: ["settings", "one", section],
    queryFn: async ({ signal }): Promise<Edited<Values>> =>
      editedOf(
        await client.get<{ 200: Values }, unknown, true>({ url: PATH, path: { section }, signal, throwOnError: true }),
      ),
  });
}

function settingsChanged(): void {
  void queries.invalidateQueries({ queryKey: ["settings"] });
  void queries.invalidateQueries({ queryKey: ["branding"] });
}

/** With `etag` only if nobody else changed it meanwhile. */
export async function changeSection(section: string, body: Values, etag: string | null): Promise<Edited<Values>> {
  const answer = await client.patch<{ 200: Values }, unknown, true>({
    url: PATH,
    path: { section },
    body,
    headers: { "Content-Type": "application/json", "if-match": etag },
    throwOnError: true,
  });
  const saved = editedOf(answer);
  queries.setQueryData(sectionQuery(section).queryKey, saved);
  settingsChanged();
  return saved;
}

export async function resetSection(section: string, etag: string | null): Promise<void> {
  await resetSettings({ path: { section }, headers: { "if-match": etag }, throwOnError: true });
  settingsChanged();
}

export async function revertSection(section: string, entry: string, etag: string | null): Promise<void> {
  await revertSettings({ path: { section }, body: { entry }, headers: { "if-match": etag }, throwOnError: true });
  settingsChanged();
}

export function flagQuery(key: string) {
  return queryOptions({
    queryKey: ["flags", "one", key],
    queryFn: async ({ signal }): Promise<Edited<FlagItem>> =>
      editedOf(await getFeatureFlag({ path: { key }, signal, throwOnError: true })),
    staleTime: 0,
  });
}

export function flagsChanged(): void {
  void queries.invalidateQueries({ queryKey: ["flags"] });
}
