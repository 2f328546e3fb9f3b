// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Lists of the server, page by page, as a grid wants them. */
import { keepPreviousData, useInfiniteQuery, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";

import { onResync, useLive } from "@/lib/live";
import type { Rows } from "@/lib/rows";

export interface ServerPage<Row> {
  items: Row[];
  next_cursor: string | null;
  total_estimate: number;
}

interface Page {
  ids: string[];
  next: string | null;
  total: number;
}

export interface ServerListOptions<Row extends object> {
  queryKey: QueryKey;
  rows: Rows<Row>;
  idOf: (row: Row) => string;
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<ServerPage<Row>>;
  enabled?: boolean;
  /** Whether something on the list will change by itself: then it is read again every few seconds. */
  isWaiting?: (row: Row) => boolean;
}

const WAITING_MS = 3000;

const MOST_PAGES = 5;

export function useServerList<Row extends object>(options: ServerListOptions<Row>) {
  const { queryKey, rows, idOf, load, enabled, isWaiting } = options;
  const found = useInfiniteQuery({
    queryKey,
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const { items, next_cursor: next, total_estimate: total } = await load(pageParam ?? undefined, signal);
      for (const item of items) rows.put(idOf(item), item);
      return { ids: items.map(idOf), next, total };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    enabled,
    refetchInterval: ({ state: { data: known } }) => {
      if (isWaiting === undefined || known === undefined || known.pages.length > MOST_PAGES) return false;
      const shown = known.pages.flatMap(({ ids: some }) => some.map((id) => rows.get(id)));
      return shown.some((row) => row !== undefined && isWaiting(row)) && WAITING_MS;
    },
  });
  const { data, hasNextPage, fetchNextPage, refetch, isFetching, error } = found;
  const queries = useQueryClient();
  const key = JSON.stringify(queryKey);
  useEffect(
    () =>
      onResync(() => {
        const exact = { queryKey: JSON.parse(key) as QueryKey, exact: true };
        const pages = queries.getQueryData<{ pages: Page[] }>(exact.queryKey)?.pages.length ?? 0;
        // many pages are not read again one after the other: the list begins anew
        void (pages > MOST_PAGES ? queries.resetQueries(exact) : queries.invalidateQueries(exact));
      }),
    [queries, key],
  );
  usePaused(rows);
  const ids = useMemo(() => [...new Set(data?.pages.flatMap((page) => page.ids) ?? [])], [data]);
  const total = hasNextPage ? Math.max(data?.pages[0]?.total ?? 0, ids.length + 1) : ids.length;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return {
    ids,
    total,
    /** Whether all of them are here, so that the total is no estimate. */
    isWhole: !hasNextPage,
    refetch,
    /** What is shown is only read again, as lists do that follow something: nothing to wait for. */
    isRefreshing: found.isRefetching && !found.isPlaceholderData,
    grid: {
      ids,
      rows,
      total,
      onEnd: hasNextPage ? more : undefined,
      isLoading: isFetching,
      problem: error,
      onRetry: () => void (ids.length ? fetchNextPage() : refetch()),
    },
  };
}

/** Rows stand still while live updates are paused. */
function usePaused<Row extends object>(rows: Rows<Row>): void {
  const isPaused = useLive(({ paused }) => paused);
  useEffect(() => {
    rows.paused = isPaused;
    return () => {
      rows.paused = false;
    };
  }, [rows, isPaused]);
}

/** A function that runs at most once in so many milliseconds; what is asked for meanwhile runs at their end. */
export function throttled(run: () => void, milliseconds: number): { call: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  const now = (): void => {
    timer = undefined;
    last = Date.now();
    run();
  };
  return {
    call: () => {
      timer ??= setTimeout(now, Math.max(0, last + milliseconds - Date.now()));
    },
    stop: () => clearTimeout(timer),
  };
}
