// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the list is narrowed to. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { useSiteFilter } from "@/kit/sites";
import { queryOf, valuesOf, withValues, type ChargersSearch } from "@/features/chargers/filters";
import styles from "@/features/chargers/list.module.css";
import { FilterBar, SavedViews, SearchBox, type FilterDefinition } from "@/kit";

const PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];
const PROFILES = ["0", "1", "2", "3"];
const STATES = ["available", "unavailable", "faulted", "unknown"];

function useDefinitions({ site_id: sites }: ChargersSearch): FilterDefinition[] {
  const { t } = useTranslation("chargers");
  const site = useSiteFilter("site_id", sites);
  return useMemo(
    () => [
      ...(site ? [site] : []),
      { id: "online", kind: "boolean", label: t("filters.online"), yes: t("filters.connected"), no: t("filters.away") },
      { id: "faulted", kind: "boolean", label: t("filters.faulted") },
      {
        id: "status",
        kind: "options",
        label: t("filters.status"),
        options: STATES.map((id) => ({ id, label: t(`status.${id}`) })),
      },
      { id: "vendor", kind: "text", label: t("filters.vendor"), placeholder: t("filters.beginning") },
      { id: "model", kind: "text", label: t("filters.model"), placeholder: t("filters.beginning") },
      { id: "firmware_version", kind: "text", label: t("columns.firmware"), placeholder: t("filters.beginning") },
      {
        id: "protocol",
        kind: "options",
        label: t("filters.protocol"),
        options: PROTOCOLS.map((id) => ({ id, label: id.replace("ocpp", "OCPP ") })),
      },
      {
        id: "security_profile",
        kind: "options",
        label: t("columns.profile"),
        options: PROFILES.map((id) => ({ id, label: t(`profiles.${id}.name`) })),
      },
      { id: "retired", kind: "boolean", label: t("filters.retired") },
    ],
    [t, site],
  );
}

/** The list and the map are narrowed by the same. */
export function ChargerFilters({
  search,
  path,
  onChange,
}: {
  search: ChargersSearch;
  path: "/chargers" | "/map";
  onChange: (search: ChargersSearch) => void;
}) {
  const { t } = useTranslation("chargers");
  const definitions = useDefinitions(search);
  return (
    <FilterBar
      filters={definitions}
      value={valuesOf(search)}
      onChange={(values) => onChange(withValues(search, values))}
    >
      <div className={styles.search}>
        <SearchBox
          label={t("filters.search")}
          value={search.q}
          onSearch={(q) => onChange({ ...search, q: q || undefined })}
        />
      </div>
      <SavedViews screen="chargers" path={path} search={search} query={queryOf(search)} />
    </FilterBar>
  );
}
