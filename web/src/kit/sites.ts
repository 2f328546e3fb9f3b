// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Sites to choose from, of which there may be thousands, and what they are called. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { getSite, listSites } from "@/api/sdk.gen";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";
import { SITES } from "@/lib/site-scope";
import type { FilterDefinition, LoadOptions, Option } from "@/kit";
import type { Condition } from "@/lib/targets";

const NONE: readonly string[] = [];
const FEW = 20;
const FRESH_MS = 300_000;
const SHORT = 8;

/** By a part of the name or the address. */
export const findSites: LoadOptions<string> = async (q, signal) => {
  const query = { q: q || undefined, limit: FEW, sort: "name" as const, fields: "id,name,city" };
  const { data } = await listSites({ query, signal, throwOnError: true });
  return data.items.map(({ id, name, city }) => ({ id, label: name, description: city ?? undefined }));
};

export function siteNameQuery(id: string) {
  return queryOptions({
    queryKey: ["sites", "name", id],
    queryFn: async ({ signal }): Promise<string> =>
      (await getSite({ path: { site_id: id }, signal, throwOnError: true })).data.name,
    staleTime: FRESH_MS,
  });
}

/** Whether there is anything to choose from. */
export const severalSitesQuery = queryOptions({
  queryKey: ["sites", "several"],
  queryFn: async ({ signal }): Promise<boolean> =>
    (await listSites({ query: { limit: 2, fields: "id" }, signal, throwOnError: true })).data.items.length > 1,
  staleTime: FRESH_MS,
});

const firstQuery = queryOptions({
  queryKey: ["sites", "first"],
  queryFn: async ({ signal }): Promise<Option[]> => [...(await findSites("", signal))],
  staleTime: FRESH_MS,
});

/** What those that are chosen are called; who cannot be read has the beginning of its id. */
export function useSiteOptions(chosen: readonly string[]): Option[] {
  const isSeen = useMay()(SITES);
  const names = useQuery({
    queryKey: ["sites", "names", chosen],
    queryFn: () => Promise.allSettled(chosen.map((id) => queries.fetchQuery(siteNameQuery(id)))),
    enabled: isSeen && chosen.length > 0,
    staleTime: FRESH_MS,
  }).data;
  return useMemo(
    () =>
      chosen.map((id, index) => {
        const found = names?.[index];
        return { id, label: found?.status === "fulfilled" ? found.value : id.slice(0, SHORT) };
      }),
    [chosen, names],
  );
}

/** Fields of filters whose values are sites. */
const OF_SITES = ["site_id", "places"];

/** Values of a filter as people call them. */
export function useSiteWords(conditions: readonly Condition[]): (condition: Condition) => string[] {
  const ids = useMemo(
    () => conditions.filter(({ field }) => OF_SITES.includes(field)).flatMap(({ values }) => values),
    [conditions],
  );
  const named = useSiteOptions(ids);
  return ({ field, values }) =>
    OF_SITES.includes(field) ? values.map((value) => named.find(({ id }) => id === value)?.label ?? value) : values;
}

/** The filter by site that lists have; null where there is nothing to choose, or nobody may. */
export function useSiteFilter(
  name: "site" | "site_id" | "places",
  chosen: readonly string[] | undefined,
): (FilterDefinition & { kind: "options" }) | null {
  const { t } = useTranslation();
  const isSeen = useMay()(SITES);
  const first = useQuery({ ...firstQuery, enabled: isSeen }).data;
  const named = useSiteOptions(chosen ?? NONE);
  return useMemo(() => {
    const missing = named.filter(({ id }) => !first?.some((each) => each.id === id));
    const options = [...missing, ...(first ?? [])];
    if (!options.length) return null;
    return { id: name, kind: "options", label: t("site.label"), options, find: findSites };
  }, [t, name, first, named]);
}
