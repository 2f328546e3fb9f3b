// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the list is narrowed to. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { getDriver } from "@/api/sdk.gen";
import { useSiteFilter } from "@/kit/sites";
import { ATTENTION } from "@/features/sessions/model";
import { queryOf } from "@/features/sessions/query";
import { valuesOf, withValues, type SessionsSearch, type SessionTab } from "@/features/sessions/search";
import { FLAGS, REASONS, useWords, type WordKind } from "@/features/sessions/words";
import { FilterBar, FilterChip, SavedViews, SearchBox, type FilterDefinition } from "@/kit";
import { useFormat } from "@/lib/format";

interface FiltersProps {
  tab: SessionTab;
  search: SessionsSearch;
  onSearch: (search: SessionsSearch) => void;
}

function useDefinitions(tab: SessionTab, { site_id: sites }: SessionsSearch): FilterDefinition[] {
  const { t } = useTranslation("sessions");
  const words = useWords();
  const site = useSiteFilter("site_id", sites);
  return useMemo(() => {
    const options = (kind: WordKind, codes: readonly string[]) => codes.map((id) => ({ id, label: words(kind, id) }));
    const all: (FilterDefinition & { tabs?: SessionTab[] })[] = [
      ...(site ? [site] : []),
      { id: "attention", kind: "options", label: t("columns.attention"), options: options("attention", ATTENTION) },
      { id: "started", kind: "date_range", label: t("filters.started") },
      { id: "charger_id", kind: "text", label: t("filters.charger"), placeholder: t("filters.whole") },
      { id: "id_tag", kind: "text", label: t("filters.tag"), placeholder: t("filters.whole") },
      {
        id: "reason",
        kind: "options",
        label: t("columns.reason"),
        options: options("reasons", REASONS),
        tabs: ["attention", "finished"],
      },
      { id: "flags", kind: "options", label: t("filters.flags"), options: options("flags", FLAGS) },
    ];
    return all.filter(({ tabs }) => !tabs || tabs.includes(tab));
  }, [t, words, tab, site]);
}

export function SessionFilters({ tab, search, onSearch }: FiltersProps) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const definitions = useDefinitions(tab, search);
  return (
    <FilterBar
      filters={definitions}
      value={valuesOf(search)}
      onChange={(values) => onSearch(withValues(search, values))}
    >
      <SearchBox
        label={t("filters.search")}
        value={search.q}
        onSearch={(q) => onSearch({ ...search, q: q || undefined })}
      />
      <SavedViews screen="transactions" path="/sessions" search={search} query={queryOf(search, tab, format.zone)} />
      {search.driver && <DriverChip id={search.driver} onRemove={() => onSearch({ ...search, driver: undefined })} />}
    </FilterBar>
  );
}

function DriverChip({ id, onRemove }: { id: string; onRemove: () => void }) {
  const { t } = useTranslation("sessions");
  const { data } = useQuery({
    queryKey: ["drivers", "name", id],
    queryFn: async ({ signal }) => (await getDriver({ path: { driver_id: id }, signal, throwOnError: true })).data.name,
  });
  return <FilterChip label={t("columns.driver")} value={data ?? id} onRemove={onRemove} />;
}
