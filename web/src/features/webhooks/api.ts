// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Webhooks read. */
import { queryOptions } from "@tanstack/react-query";

import { getWebhook, listWebhooks } from "@/api/sdk.gen";
import { queries } from "@/lib/queries";

/** An organization has no more. */
const ALL = 100;

export const webhooksQuery = queryOptions({
  queryKey: ["webhooks", "all"],
  queryFn: async ({ signal }) => (await listWebhooks({ query: { limit: ALL }, signal, throwOnError: true })).data.items,
});

export function webhookQuery(id: string) {
  return queryOptions({
    queryKey: ["webhooks", "one", id],
    queryFn: async ({ signal }) => (await getWebhook({ path: { webhook_id: id }, signal, throwOnError: true })).data,
  });
}

export function webhooksChanged(): void {
  void queries.invalidateQueries({ queryKey: ["webhooks"] });
}
