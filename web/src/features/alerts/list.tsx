// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Alerts: what stands by its cause or one by one, and what is over. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { BellRing, CircleCheckBig, Layers, List as ListIcon, SlidersHorizontal } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";

import { useMay, useMe } from "@/app/me";
import styles from "@/features/alerts/alerts.module.css";
import { sitesQuery, useLiveAlerts } from "@/features/alerts/api";
import { AlertsGrid, GroupsGrid } from "@/features/alerts/grids";
import {
  alertsQueryOf,
  filterOf,
  groupsQueryOf,
  isNarrowed,
  KINDS,
  RULES_PATH,
  SEVERITIES,
  valuesOf,
} from "@/features/alerts/model";
import { readSearch, TABS, type AlertsSearch, type AlertsTab } from "@/features/alerts/search";
import {
  Button,
  EmptyState,
  ExportMenu,
  FilterBar,
  LinkButton,
  NoPermission,
  PageHeader,
  SavedViews,
  SearchBox,
  SegmentedControl,
  Tabs,
  Toolbar,
  type FilterDefinition,
  type GridSort,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/alerts");
const READ = "alert:alert:read";

export function AlertsPage() {
  const { t } = useTranslation("alerts");
  const may = useMay();
  if (!may(READ)) {
    return (
      <>
        <PageHeader title={t("title")} />
        <NoPermission permission={READ} />
      </>
    );
  }
  return <Alerts />;
}

function Alerts() {
  const { t } = useTranslation("alerts");
  const format = useFormat();
  const may = useMay();
  const me = useMe()?.id;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  useLiveAlerts();
  const tab = search.tab ?? "open";
  const isList = search.view === "list" || tab === "resolved" || search.charger !== undefined;
  const narrow = useCallback((next: AlertsSearch) => void navigate({ search: next, replace: true }), [navigate]);
  const exported = isList ? alertsQueryOf(search, tab, me, format.zone) : groupsQueryOf(search, tab, me, format.zone);
  const exportPath = (as: string) =>
    apiPath(`/api/v1/${isList ? "alerts" : "alert-groups"}`, { ...exported, format: as });
  return (
    <div className={styles.page}>
      <PageHeader
        title={t("title")}
        actions={
          <>
            {may("data:list:export") && <ExportMenu name="alerts" path={exportPath} />}
            {(may("alert:rule:read") || may("notification:channel:read")) && (
              <LinkButton to={RULES_PATH} icon={<SlidersHorizontal aria-hidden />}>
                {t("actions.rules")}
              </LinkButton>
            )}
          </>
        }
      />
      <Tabs
        label={t("title")}
        items={TABS.map((id) => ({ id, label: t(`status.${id}`) }))}
        selected={tab}
        onChange={(next) => void navigate({ search: { ...search, tab: next, sort: undefined } })}
      >
        <div className={styles.panel}>
          <Narrowing search={search} tab={tab} onSearch={narrow} />
          <Rows key={`${tab} ${isList}`} search={search} tab={tab} isList={isList} onSearch={narrow} />
        </div>
      </Tabs>
    </div>
  );
}

function useFilters(): FilterDefinition[] {
  const { t } = useTranslation("alerts");
  const { t: kit } = useTranslation("kit");
  const may = useMay();
  const sites = useQuery({ ...sitesQuery, enabled: may("site:site:read") }).data;
  return useMemo(() => {
    const all: (FilterDefinition | false)[] = [
      {
        id: "severity",
        kind: "options",
        label: t("columns.severity"),
        options: SEVERITIES.map((id) => ({ id, label: kit(`severity.${id}`) })),
      },
      {
        id: "kind",
        kind: "options",
        label: t("columns.cause"),
        options: KINDS.map((id) => ({ id, label: t(`kinds.${id}`) })),
      },
      sites !== undefined &&
        sites.length > 0 && { id: "site", kind: "options", label: t("columns.site"), options: sites },
      { id: "charger", kind: "text", label: t("columns.charger") },
      { id: "first", kind: "date_range", label: t("columns.raised") },
    ];
    return all.filter((each) => each !== false);
  }, [t, kit, sites]);
}

interface PartProps {
  search: AlertsSearch;
  tab: AlertsTab;
  onSearch: (search: AlertsSearch) => void;
}

function Narrowing({ search, tab, onSearch }: PartProps) {
  const { t } = useTranslation("alerts");
  const format = useFormat();
  const may = useMay();
  const me = useMe()?.id;
  const view = search.view ?? "groups";
  return (
    <Toolbar
      end={
        <>
          <SegmentedControl
            label={t("whose.label")}
            size="sm"
            segments={(["all", "mine"] as const).map((id) => ({ id, label: t(`whose.${id}`) }))}
            selected={search.mine ? "mine" : "all"}
            onChange={(next) => onSearch({ ...search, mine: next === "mine" || undefined })}
          />
          {tab !== "resolved" && search.charger === undefined && (
            <SegmentedControl
              label={t("view.label")}
              size="sm"
              segments={(["groups", "list"] as const).map((id) => ({
                id,
                label: t(`view.${id}`),
                icon: id === "groups" ? <Layers aria-hidden /> : <ListIcon aria-hidden />,
              }))}
              selected={view}
              onChange={(next) => onSearch({ ...search, view: next === "list" ? next : undefined, sort: undefined })}
            />
          )}
        </>
      }
    >
      <FilterBar
        filters={useFilters()}
        value={valuesOf(search)}
        onChange={(next) => {
          const { tab: kept, view: shown, q, mine, sort } = search;
          onSearch(readSearch({ ...next, tab: kept, view: shown, q, mine, sort }));
        }}
      >
        <SearchBox
          label={t("search")}
          value={search.q ?? ""}
          onSearch={(q) => onSearch({ ...search, q: q || undefined })}
        />
        <SavedViews
          screen="alerts"
          path="/alerts"
          search={search}
          query={alertsQueryOf(search, tab, me, format.zone)}
          mayShare={may("view:view:share")}
        />
      </FilterBar>
    </Toolbar>
  );
}

function Rows({ search, tab, isList, onSearch }: PartProps & { isList: boolean }) {
  const format = useFormat();
  const me = useMe()?.id;
  const empty = <Nothing search={search} tab={tab} onSearch={onSearch} />;
  const { sort } = search;
  const onSort = ({ column, isDescending }: GridSort) =>
    onSearch(readSearch({ ...search, sort: isDescending ? `-${column}` : column }));
  const shown: GridSort = {
    column: sort?.replace(/^-/, "") ?? (isList ? "last_at" : "urgency"),
    isDescending: sort === undefined || sort.startsWith("-"),
  };
  return isList ? (
    <AlertsGrid
      keptAs="alerts"
      query={alertsQueryOf(search, tab, me, format.zone)}
      filter={filterOf(search, tab, me, format.zone)}
      status={tab}
      sort={shown}
      onSort={onSort}
      empty={empty}
    />
  ) : (
    <GroupsGrid
      query={groupsQueryOf(search, tab, me, format.zone)}
      status={tab}
      sort={shown}
      onSort={onSort}
      empty={empty}
    />
  );
}

function Nothing({ search, tab, onSearch }: PartProps) {
  const { t } = useTranslation("alerts");
  const may = useMay();
  if (isNarrowed(search)) {
    return (
      <EmptyState
        title={t("empty.filtered")}
        text={t("empty.filteredText")}
        action={<Button onPress={() => onSearch({ tab: search.tab, view: search.view })}>{t("empty.clear")}</Button>}
      />
    );
  }
  return (
    <EmptyState
      icon={tab === "open" ? <CircleCheckBig aria-hidden /> : <BellRing aria-hidden />}
      title={t(`empty.${tab}`)}
      text={t(`empty.${tab}Text`)}
      action={tab === "open" && may("alert:rule:read") && <LinkButton to={RULES_PATH}>{t("actions.rules")}</LinkButton>}
    />
  );
}
