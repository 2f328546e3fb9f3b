// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Days of a time zone as the API wants them. */
import { parseDate } from "@internationalized/date";

import type { Days } from "@/lib/search";

/** Days, both whole, as instants: from the beginning of the first, to the beginning of the day after the last. */
export function instantsOf({ from, to }: Days, zone: string): { from: string; to: string } {
  const first = parseDate(from).toDate(zone);
  const after = parseDate(to).add({ days: 1 }).toDate(zone);
  return { from: first.toISOString(), to: after.toISOString() };
}
