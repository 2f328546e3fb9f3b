// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The list as the API is asked for it. */
import type { ListReservationsData } from "@/api/types.gen";
import type { ReservationsSearch } from "@/features/reservations/search";
import { instantsOf } from "@/lib/days";
import { without } from "@/lib/search";

export type ReservationsQuery = NonNullable<ListReservationsData["query"]>;

export function filterOf({
  q,
  status,
  site_id: site,
  charger_id: charger,
  token,
}: ReservationsSearch): ReservationsQuery {
  return without({
    q,
    status,
    site_id: site,
    charger_id: charger === undefined ? undefined : [charger],
    token: token === undefined ? undefined : [token],
  });
}

export function queryOf(search: ReservationsSearch, zone: string): ReservationsQuery {
  const span = search.expires && instantsOf(search.expires, zone);
  return without({
    ...filterOf(search),
    "expires_at[gte]": span?.from,
    "expires_at[lt]": span?.to,
    sort: search.sort,
  });
}
