// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Drivers read and changed. */
import { queryOptions } from "@tanstack/react-query";

import { getDriver, updateDriver } from "@/api/sdk.gen";
import type { Driver, DriverUpdate } from "@/api/types.gen";
import { editedOf, type Edited } from "@/lib/edited";
import { outdate, queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

export const driverRows = new Rows<Driver>();

export function driverPath(id: string): string {
  return `/drivers/${encodeURIComponent(id)}`;
}

export function driverQuery(id: string) {
  return queryOptions({
    queryKey: ["drivers", "one", id],
    queryFn: async ({ signal }): Promise<Edited<Driver>> =>
      editedOf(await getDriver({ path: { driver_id: id }, signal, throwOnError: true })),
  });
}

/** With `etag` only if nobody else changed it meanwhile. */
export async function changeDriver(id: string, body: DriverUpdate, etag: string | null): Promise<Driver> {
  const answer = await updateDriver({
    path: { driver_id: id },
    body,
    headers: { "if-match": etag },
    throwOnError: true,
  });
  const edited = editedOf(answer);
  driverRows.patch(id, edited.item);
  queries.setQueryData(driverQuery(id).queryKey, edited);
  return edited.item;
}

export function driversChanged(deleted?: string): void {
  outdate("drivers", deleted);
}
