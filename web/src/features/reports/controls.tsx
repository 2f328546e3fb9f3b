// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is asked: which figures, divided by what, of when and where. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { listChargerGroups, listChargers, listSites } from "@/api/sdk.gen";
import { useSiteOptions } from "@/kit/sites";
import {
  bysOf,
  COMPARISONS,
  INTERVALS,
  PRESETS,
  USUAL_PRESET,
  type ReportKind,
  type ReportsSearch,
} from "@/features/reports/search";
import styles from "@/features/reports/reports.module.css";
import { ComboBox, DateRangePicker, Select, rangeOf, type DateRange, type LoadOptions, type Option } from "@/kit";
import { useMay } from "@/lib/me";

const MOST = 500;
const OFFERED = 20;
const FRESH_MS = 300_000;
/** Instead of nothing, which a list of options does not have. */
const ANY = "-";

function optionOf({ id, name }: { id: string; name: string }): Option {
  return { id, label: name };
}

function usePlaces(): { sites: Option[]; groups: Option[] } {
  const may = useMay();
  const sites = useQuery({
    queryKey: ["reports", "sites"],
    queryFn: async ({ signal }) =>
      (await listSites({ query: { limit: MOST, sort: "name" }, signal, throwOnError: true })).data.items,
    enabled: may("site:site:read"),
    staleTime: FRESH_MS,
  });
  const groups = useQuery({
    queryKey: ["reports", "groups"],
    queryFn: async ({ signal }) =>
      (await listChargerGroups({ query: { limit: MOST }, signal, throwOnError: true })).data.items,
    enabled: may("charger:group:read"),
    staleTime: FRESH_MS,
  });
  return { sites: sites.data?.map(optionOf) ?? [], groups: groups.data?.map(optionOf) ?? [] };
}

const loadChargers: LoadOptions<string> = async (q, signal) => {
  const { data } = await listChargers({ query: { q: q || undefined, limit: OFFERED }, signal, throwOnError: true });
  return data.items.map(({ id, name }) => ({ id, label: name ? `${id} · ${name}` : id }));
};

interface ControlsProps {
  search: ReportsSearch;
  kind: ReportKind;
  onChange: (search: ReportsSearch) => void;
}

export function Controls({ search, kind, onChange }: ControlsProps) {
  const { t } = useTranslation("reports");
  const may = useMay();
  const { sites: first, groups } = usePlaces();
  const chosen = useSiteOptions(useMemo(() => (search.site === undefined ? [] : [search.site]), [search.site]));
  // of thousands of sites the first are offered, and the one that is chosen
  const sites = [...chosen.filter(({ id }) => !first.some((each) => each.id === id)), ...first];
  const { by = "none", interval = "day", compare, days, preset = USUAL_PRESET, charger } = search;
  const choose = (range: DateRange | null) => {
    const found = range && PRESETS.find((each) => sameDays(rangeOf(each), range));
    onChange({ ...search, days: found || !range ? undefined : range, preset: found || undefined });
  };
  const place = (name: "site" | "group", options: Option[]) => (
    <Select
      label={t(`by.${name}`)}
      options={[{ id: ANY, label: t("all") }, ...options]}
      selected={search[name] ?? ANY}
      onChange={(id) => onChange({ ...search, [name]: id === ANY ? undefined : id })}
    />
  );
  return (
    <div className={styles.controls} role="group" aria-label={t("controls")}>
      <DateRangePicker label={t("days")} value={days ?? rangeOf(preset)} onChange={choose} />
      <Select
        label={t("interval")}
        options={INTERVALS.map((id) => ({ id, label: t(`intervals.${id}`) }))}
        selected={interval}
        onChange={(id) => onChange({ ...search, interval: id })}
      />
      <Select
        label={t("divide")}
        options={bysOf(kind, may).map((id) => ({ id, label: t(`by.${id}`) }))}
        selected={by}
        onChange={(id) => onChange({ ...search, by: id === "none" ? undefined : id })}
      />
      <Select
        label={t("compare")}
        options={[
          { id: ANY, label: t("comparisons.none") },
          ...COMPARISONS.map((id) => ({ id, label: t(`comparisons.${id}`) })),
        ]}
        selected={compare ?? ANY}
        onChange={(id) => onChange({ ...search, compare: COMPARISONS.find((each) => each === id) })}
      />
      {sites.length > 0 && place("site", sites)}
      {groups.length > 0 && place("group", groups)}
      {may("charger:charger:read") && (
        <ComboBox
          label={t("by.charger")}
          load={loadChargers}
          placeholder={t("all")}
          selected={charger === undefined ? null : { id: charger, label: charger }}
          onChange={(id) => onChange({ ...search, charger: id ?? undefined })}
        />
      )}
    </div>
  );
}

function sameDays(one: DateRange, other: DateRange): boolean {
  return one.from === other.from && one.to === other.to;
}
