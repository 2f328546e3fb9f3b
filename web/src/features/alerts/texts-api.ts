// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The words in which messages are written: read, tried and changed. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import {
  deleteNotificationTemplate,
  getNotificationTemplate,
  listNotificationKinds,
  listNotificationTemplates,
  previewNotificationTemplate,
  setNotificationTemplate,
} from "@/api/sdk.gen";
import type { TemplateBody } from "@/api/types.gen";
import { queries } from "@/lib/queries";
import type { Text } from "@/features/alerts/text-model";
import { editedOf, type Edited } from "@/lib/edited";
import { appPath } from "@/lib/search";

const MOST = 500;
const textsKey = ["message-texts"];

export const messageKindsQuery = queryOptions({
  queryKey: [...textsKey, "kinds"],
  queryFn: async ({ signal }) => (await listNotificationKinds({ signal, throwOnError: true })).data.items,
  staleTime: Infinity,
});

/** Those that were set; all others are as delivered. */
export const ownTextsQuery = queryOptions({
  queryKey: [...textsKey, "own"],
  queryFn: async ({ signal }) =>
    (await listNotificationTemplates({ query: { limit: MOST }, signal, throwOnError: true })).data.items,
});

export function textQuery(kind: string, language: string) {
  return queryOptions({
    queryKey: [...textsKey, "one", kind, language],
    queryFn: async ({ signal }): Promise<Edited<Text>> =>
      editedOf(await getNotificationTemplate({ path: { kind }, query: { language }, signal, throwOnError: true })),
    staleTime: 0,
  });
}

/** An example in these words; the last one stays until the next is there. */
export function previewQuery(kind: string, body: TemplateBody) {
  return queryOptions({
    queryKey: [...textsKey, "preview", kind, body],
    queryFn: async ({ signal }) =>
      (await previewNotificationTemplate({ path: { kind }, body, signal, throwOnError: true })).data,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });
}

export async function saveText(
  { kind, language }: Pick<Text, "kind" | "language">,
  body: TemplateBody,
  etag: string | null,
): Promise<Edited<Text>> {
  const headers = { "if-match": etag };
  const saved = editedOf(
    await setNotificationTemplate({ path: { kind }, query: { language }, body, headers, throwOnError: true }),
  );
  queries.setQueryData(textQuery(kind, language).queryKey, saved);
  void queries.invalidateQueries({ queryKey: ownTextsQuery.queryKey });
  return saved;
}

/** Back to what was delivered. */
export async function dropText({ kind, language }: Pick<Text, "kind" | "language">): Promise<void> {
  await deleteNotificationTemplate({ path: { kind }, query: { language }, throwOnError: true });
  await queries.invalidateQueries({ queryKey: [...textsKey, "one", kind, language] });
  await queries.invalidateQueries({ queryKey: ownTextsQuery.queryKey });
}

export function textPath(kind: string, language: string): string {
  return appPath(`/alerts/texts/${encodeURIComponent(kind)}`, { language });
}
