// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A report as the API wants to be asked for it. */
import { parseDate } from "@internationalized/date";

import type { GetEnergyReportData } from "@/api/types.gen";
import type { ReportsSearch } from "@/features/reports/search";
import { without, type Days } from "@/lib/search";

export type ReportQuery = NonNullable<GetEnergyReportData["query"]>;

/** Days are those of the report's own time zone; the API's end is the day after the last. */
export function queryOf(search: ReportsSearch, { from, to }: Days): ReportQuery {
  const { by = "none", interval = "day", compare, site, group, charger } = search;
  return without({
    from,
    to: parseDate(to).add({ days: 1 }).toString(),
    by,
    interval,
    compare,
    site_id: site,
    group_id: group,
    charger_id: charger,
  });
}
