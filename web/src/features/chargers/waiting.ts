// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Chargers that wait for approval. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { listPendingChargers } from "@/api/sdk.gen";

const PAGE = 100;
const FRESH_MS = 15_000;

export const waitingCountQuery = queryOptions({
  queryKey: ["chargers", "waiting", "count"],
  queryFn: async ({ signal }): Promise<number> => {
    const { data } = await listPendingChargers({ query: { limit: 500, fields: "id" }, signal, throwOnError: true });
    return data.next_cursor === null ? data.items.length : data.total_estimate;
  },
  refetchInterval: FRESH_MS,
});

export function waitingQuery(q: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ["chargers", "waiting", "list", q ?? ""],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE, sort: "-last_seen_at" as const, cursor: pageParam ?? undefined, ...(q && { q }) };
      return (await listPendingChargers({ query, signal, throwOnError: true })).data;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: FRESH_MS,
  });
}
