// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the list of certificates is narrowed to. */
import { oneOf, oneTextOf, sortOf, textsOf, without } from "@/lib/search";

export const SORTS = ["created_at", "not_after"] as const;
export const STATUSES = ["requested", "refused", "issued", "accepted", "rejected", "revoked"] as const;
export const ENDS = ["expired", "week", "month", "quarter", "later"] as const;

export interface CertificatesSearch {
  q?: string;
  charger_id?: string;
  status?: string[];
  kind?: string[];
  /** Of those in use: that have ended, or when they do. */
  ends?: (typeof ENDS)[number];
  used?: boolean;
  sort?: (typeof SORTS)[number] | `-${(typeof SORTS)[number]}`;
}

export function readSearch(search: Record<string, unknown>): CertificatesSearch {
  const status = textsOf(search.status)?.filter((each) => STATUSES.some((known) => known === each));
  return without({
    q: oneTextOf(search.q),
    charger_id: oneTextOf(search.charger_id),
    status: status?.length ? status : undefined,
    kind: textsOf(search.kind),
    ends: oneOf(textsOf(search.ends)?.at(-1), ENDS), // the bar of filters gives all that were chosen
    used: typeof search.used === "boolean" ? search.used : undefined,
    sort: sortOf(search.sort, SORTS),
  });
}
