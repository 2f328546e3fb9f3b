// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the audit log is narrowed to, and which entry is open. */
import { daysOf, oneTextOf, sortOf, textsOf, without, type Days } from "@/lib/search";

export interface AuditSearch {
  q?: string;
  /** The beginning of a name. */
  who?: string;
  by?: string[];
  action?: string[];
  kind?: string[];
  object?: string;
  at?: Days;
  address?: string;
  request?: string;
  sort?: "at" | "-at";
  /** The number of the entry that is open. */
  entry?: number;
}

export function readSearch(search: Record<string, unknown>): AuditSearch {
  const entry = Number(search.entry);
  return without({
    q: oneTextOf(search.q),
    who: oneTextOf(search.who),
    by: textsOf(search.by),
    action: textsOf(search.action),
    kind: textsOf(search.kind),
    object: oneTextOf(search.object),
    at: daysOf(search.at),
    address: oneTextOf(search.address),
    request: oneTextOf(search.request),
    sort: sortOf(search.sort, ["at"]),
    entry: Number.isSafeInteger(entry) && entry > 0 ? entry : undefined,
  });
}
