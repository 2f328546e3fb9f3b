// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The list as the API is asked for it. */
import type { ListTransactionsData } from "@/api/types.gen";
import type { SessionsSearch, SessionTab } from "@/features/sessions/search";
import { instantsOf } from "@/lib/days";
import { without } from "@/lib/search";

export type SessionsQuery = NonNullable<ListTransactionsData["query"]>;

const OF_TAB: Record<SessionTab, SessionsQuery> = {
  attention: { attention: ["any"] },
  active: { status: ["active", "suspect"] },
  finished: { status: ["completed"] },
};

export function queryOf(search: SessionsSearch, tab: SessionTab, zone: string): SessionsQuery {
  const { q, site_id: site, charger_id: charger, id_tag: tag, attention, reason, flags, started, sort } = search;
  const span = started && instantsOf(started, zone);
  return without({
    ...OF_TAB[tab],
    ...(attention && { attention: attention as NonNullable<SessionsQuery["attention"]> }),
    q,
    site_id: site,
    charger_id: charger === undefined ? undefined : [charger],
    id_tag: tag === undefined ? undefined : [tag],
    reason,
    flags,
    "start_timestamp[gte]": span?.from,
    "start_timestamp[lt]": span?.to,
    sort,
  });
}
