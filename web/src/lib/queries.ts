// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What was read is kept here; the live stream says when it is old. */
import { QueryClient } from "@tanstack/react-query";

import { problemOf } from "@/lib/problems";

const TRIES = 2;

/** Again only where the same question may be answered otherwise the next time. */
function again(failures: number, error: Error): boolean {
  const { status } = problemOf(error);
  return failures < TRIES && (status === 0 || status === 502 || status === 503 || status === 504);
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 10_000, gcTime: 300_000, retry: again, refetchOnWindowFocus: true, throwOnError: false },
    mutations: { retry: false },
  },
});

/** All of a kind is read again; what was deleted is not asked for, though a dialog that closes still shows it. */
export function outdate(kind: string, deleted?: string): void {
  const isThere = ({ queryKey }: { queryKey: readonly unknown[] }) =>
    deleted === undefined || !queryKey.includes(deleted);
  void queries.invalidateQueries({ queryKey: [kind], predicate: isThere });
}
