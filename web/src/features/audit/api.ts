// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The audit log read, and walked along. */
import { queryOptions } from "@tanstack/react-query";

import { listAudit, verifyAudit } from "@/api/sdk.gen";
import type { AuditItem, AuditVerification, ListAuditData } from "@/api/types.gen";
import type { ServerPage } from "@/lib/lists";
import { Rows } from "@/lib/rows";

export const auditRows = new Rows<AuditItem>();

const PAGE = 100;

export async function loadAudit(
  query: NonNullable<ListAuditData["query"]>,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<AuditItem>> {
  return (await listAudit({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true })).data;
}

/** Null where there is no entry of that number. */
export function entryQuery(number: number) {
  return queryOptions({
    queryKey: ["audit", "entry", number],
    queryFn: async ({ signal }): Promise<AuditItem | null> => {
      const query = { number: [String(number)], limit: 1 };
      return (await listAudit({ query, signal, throwOnError: true })).data.items[0] ?? null;
    },
    staleTime: 60_000,
  });
}

export interface Walk {
  lines: number;
  erased: number;
  broken: AuditVerification["broken"];
  head: AuditVerification["head"];
}

/** From the first line to the last, a piece at a time; ends where the chain is broken. */
export async function walk(onProgress: (walked: Walk) => void, isOver: () => boolean): Promise<Walk> {
  let walked: Walk = { lines: 0, erased: 0, broken: null, head: { number: 0, hash: "" } };
  for (let from: number | null = 1; from !== null && !isOver();) {
    const { data } = (await verifyAudit({ query: { from }, throwOnError: true })) as { data: AuditVerification };
    walked = {
      lines: walked.lines + data.lines,
      erased: walked.erased + data.erased,
      broken: data.broken,
      head: data.head,
    };
    onProgress(walked);
    from = data.broken ? null : data.next;
  }
  return walked;
}
