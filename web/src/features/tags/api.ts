// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Tags read and changed; names of their drivers beside them, where those may be seen. */
import { queryOptions } from "@tanstack/react-query";

import { getToken, listDrivers, listTokenLocalLists, listTokens, listTransactions, updateToken } from "@/api/sdk.gen";
import type { ListTokensData, Token, TokenUpdate } from "@/api/types.gen";
import type { TagRow } from "@/features/tags/model";
import { editedOf, type Edited } from "@/lib/edited";
import type { ServerPage } from "@/lib/lists";
import { outdate, queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

export const tagRows = new Rows<TagRow>();

const PAGE = 100;
const FEW = 20;

export async function loadTags(
  query: NonNullable<ListTokensData["query"]>,
  seesDrivers: boolean,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<TagRow>> {
  const { data } = await listTokens({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true });
  // names come after the rows: where they cannot be read, the tags stand alone
  if (seesDrivers) void addNames(data.items).catch(() => undefined);
  return { ...data, items: data.items.map((item) => ({ ...item, driverName: tagRows.get(item.id)?.driverName })) };
}

async function addNames(tags: readonly Token[]): Promise<void> {
  const ids = [...new Set(tags.flatMap(({ driver_id: id }) => id ?? []))];
  if (!ids.length) return;
  const { data } = await listDrivers({ query: { id: ids, limit: PAGE, fields: "id,name" }, throwOnError: true });
  const names = new Map(data.items.map(({ id, name }) => [id, name]));
  for (const { id, driver_id: driver } of tags)
    if (driver !== null) tagRows.patch(id, { driverName: names.get(driver) });
}

export function tagQuery(id: string) {
  return queryOptions({
    queryKey: ["tags", "one", id],
    queryFn: async ({ signal }): Promise<Edited<Token>> =>
      editedOf(await getToken({ path: { token_id: id }, signal, throwOnError: true })),
  });
}

/** With `etag` only if nobody else changed it meanwhile. */
export async function changeTag(id: string, body: TokenUpdate, etag: string | null): Promise<Token> {
  const answer = await updateToken({ path: { token_id: id }, body, headers: { "if-match": etag }, throwOnError: true });
  took(editedOf(answer));
  return answer.data;
}

function took({ item, etag }: Edited<Token>): void {
  tagRows.patch(item.id, (row) => ({ ...item, driverName: row.driverName }));
  queries.setQueryData(tagQuery(item.id).queryKey, { item, etag });
}

/** Lists and groups count anew. */
export function tagsChanged(deleted?: string): void {
  outdate("tags", deleted);
}

/** Sessions that go on with a tag; nothing where those may not be seen. */
export function runningQuery(value: string, isAllowed: boolean) {
  return queryOptions({
    queryKey: ["tags", "running", value],
    queryFn: async ({ signal }) => {
      const query = { id_tag: [value], status: ["active" as const, "suspect" as const], limit: FEW };
      return (await listTransactions({ query, signal, throwOnError: true })).data.items;
    },
    enabled: isAllowed,
    staleTime: 0,
  });
}

/** Chargers that know a tag by themselves. */
export function listsQuery(id: string, isAllowed: boolean) {
  return queryOptions({
    queryKey: ["tags", "lists", id],
    queryFn: async ({ signal }) =>
      (await listTokenLocalLists({ path: { token_id: id }, query: { limit: PAGE }, signal, throwOnError: true })).data
        .items,
    enabled: isAllowed,
    staleTime: 0,
  });
}
