// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Sites by their ids, for lists and for whoever chooses one. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { listSites } from "@/api/sdk.gen";
import type { Site } from "@/api/types.gen";
import { useMay } from "@/lib/me";

const MOST = 500;
const FRESH_MS = 300_000;

const sitesQuery = queryOptions({
  queryKey: ["chargers", "sites"],
  queryFn: async ({ signal }): Promise<Site[]> => {
    const { data } = await listSites({ query: { limit: MOST, sort: "name" }, signal, throwOnError: true });
    return data.items;
  },
  staleTime: FRESH_MS,
});

const NONE: Site[] = [];

export function useSites(): { sites: Site[]; byId: ReadonlyMap<string, Site> } {
  const may = useMay();
  const sites = useQuery({ ...sitesQuery, enabled: may("site:site:read") }).data ?? NONE;
  const byId = useMemo(() => new Map(sites.map((site) => [site.id, site])), [sites]);
  return { sites, byId };
}
