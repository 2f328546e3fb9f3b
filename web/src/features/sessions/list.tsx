// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Sessions: those that need somebody, those that go on, those that are over. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { BatteryCharging, CircleCheckBig } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listTransactions } from "@/api/sdk.gen";
import { useColumns } from "@/features/sessions/columns";
import { SessionFilters } from "@/features/sessions/filters";
import styles from "@/features/sessions/list.module.css";
import { chargerName, chargerPath, isOpen, sessionPath, type SessionRow } from "@/features/sessions/model";
import { followSessions, loadSessions, sessionRows } from "@/features/sessions/rows";
import { queryOf, type SessionsQuery } from "@/features/sessions/query";
import { isNarrowed, SORTS, TABS, type SessionsSearch, type SessionTab } from "@/features/sessions/search";
import {
  Button,
  DataGrid,
  EmptyState,
  ExportMenu,
  ForbiddenPage,
  LinkButton,
  Loading,
  Page,
  Panel,
  Skeleton,
  Tabs,
  type GridSort,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { throttled, useServerList } from "@/lib/lists";
import { hear } from "@/lib/live";
import { useMay } from "@/lib/me";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/sessions");
const StopDialog = lazy(() => import("@/features/sessions/stop-dialog").then((file) => ({ default: file.StopDialog })));

const READ = "transaction:transaction:read";
const AGGREGATES_MS = 5_000;
const COUNTED = 100;
const OPEN_MS = 60_000;

export function SessionsPage() {
  const { t } = useTranslation("sessions");
  const may = useMay();
  if (!may(READ)) return <ForbiddenPage title={t("title")} permission={READ} />;
  return <Sessions />;
}

/** How many need attention, up to a hundred; undefined as long as nobody knows. */
function useAttentionCount({ site_id: sites }: SessionsSearch): number | undefined {
  const queries = useQueryClient();
  const key = useMemo(() => ["sessions", "attention", sites ?? null], [sites]);
  const { data, isError } = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const query = { attention: ["any" as const], site_id: sites, limit: COUNTED, fields: "id" };
      const { data: page } = await listTransactions({ query, signal, throwOnError: true });
      return page.next_cursor === null ? page.items.length : Math.max(page.total_estimate, COUNTED);
    },
    placeholderData: keepPreviousData,
    refetchInterval: OPEN_MS, // silence makes sessions stand out, and nothing is heard of silence
  });
  useEffect(() => {
    const again = throttled(() => void queries.invalidateQueries({ queryKey: key }), AGGREGATES_MS);
    const stop = hear(["transaction_changed"], again.call);
    return () => {
      again.stop();
      stop();
    };
  }, [queries, key]);
  return isError ? 0 : data;
}

function Sessions() {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const count = useAttentionCount(search);
  const tab = search.tab ?? (count === undefined ? undefined : count > 0 ? "attention" : "active");
  const narrow = useCallback((next: SessionsSearch) => void navigate({ search: next, replace: true }), [navigate]);
  const choose = (next: SessionTab) => {
    const { attention: _attention, reason: _reason, sort: _sort, ...kept } = search;
    void navigate({ search: { ...kept, tab: next } });
  };
  const exportPath = (format_: string): string => {
    const { driver } = search;
    const path = driver ? `/api/v1/drivers/${driver}/transactions` : "/api/v1/transactions";
    return apiPath(path, { ...queryOf(search, tab ?? "active", format.zone), format: format_ });
  };
  const items = TABS.map((id) => ({
    id,
    label: t(`tabs.${id}`),
    count: id === "attention" && count ? count : undefined,
  }));
  return (
    <Page title={t("title")} actions={<ExportMenu name="sessions" path={exportPath} isDisabled={!tab} />}>
      {tab === undefined ? (
        <Loading>
          <Skeleton variant="block" height="20rem" />
        </Loading>
      ) : (
        <Tabs label={t("title")} items={items} selected={tab} onChange={choose}>
          <Panel>
            <SessionFilters tab={tab} search={search} onSearch={narrow} />
            <SessionGrid key={tab} tab={tab} search={search} onSearch={narrow} />
          </Panel>
        </Tabs>
      )}
    </Page>
  );
}

function gridSort({ sort }: SessionsSearch): GridSort {
  const name = sort?.replace(/^-/, "") ?? "start_timestamp";
  return {
    column: name === "created_at" ? "start_timestamp" : name,
    isDescending: sort === undefined || sort.startsWith("-"),
  };
}

interface SessionGridProps {
  tab: SessionTab;
  search: SessionsSearch;
  onSearch: (search: SessionsSearch) => void;
}

function SessionGrid({ tab, search, onSearch }: SessionGridProps) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const may = useMay();
  const navigate = route.useNavigate();
  const [stopping, setStopping] = useState<string | null>(null);
  const mayStop =
    (may("charger:command:send") && may("transaction:transaction:control")) || may("transaction:transaction:close");
  const columns = useColumns({ tab, onStop: mayStop ? setStopping : undefined });
  const sight = { tokens: may("token:token:read"), drivers: may("driver:driver:read") };
  const query = queryOf(search, tab, format.zone);
  const list = useServerList<SessionRow>({
    queryKey: ["sessions", "list", tab, query, search.driver ?? null, sight],
    rows: sessionRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadSessions(query, search.driver, sight, cursor, signal),
  });
  useEffect(() => followSessions(), []);
  const fresh = useFresh(list.ids, tab === "active", isNarrowed(search) && !search.driver ? query : null);
  const show = () => {
    fresh.clear();
    void list.refetch();
  };
  const sort = ({ column, isDescending }: GridSort) => {
    const name = SORTS.find((each) => each === column);
    if (name) onSearch({ ...search, tab, sort: isDescending ? `-${name}` : name });
  };
  const open = useCallback((id: string) => void navigate({ to: sessionPath(id) }), [navigate]);
  const actions = (row: SessionRow): MenuAction[] => {
    const found: MenuAction[] = [{ id: "open", label: t("actions.open"), to: sessionPath(row.id) }];
    if (mayStop && isOpen(row))
      found.push({ id: "stop", label: t("actions.stop"), onAction: () => setStopping(row.id) });
    found.push({ id: "charger", label: t("actions.charger"), to: chargerPath(row.charger_id), startsGroup: true });
    if (row.holder) found.push({ id: "tag", label: t("actions.tag"), to: `/tags/${row.holder.tokenId}` });
    if (row.holder?.driverId && sight.drivers)
      found.push({ id: "driver", label: t("actions.driver"), to: `/drivers/${row.holder.driverId}` });
    return found;
  };
  return (
    <>
      <DataGrid<SessionRow>
        keptAs="sessions"
        label={t(`tabs.${tab}`)}
        columns={columns}
        {...list.grid}
        rowName={chargerName}
        sort={gridSort(search)}
        onSort={sort}
        onOpen={open}
        href={({ id }) => sessionPath(id)}
        actions={actions}
        empty={<Nothing tab={tab} search={search} onSearch={onSearch} />}
        toolbar={
          <span className={styles.count}>
            {list.ids.length > 0 && t(list.isWhole ? "list.count" : "list.about", { count: list.total })}
            {fresh.count > 0 && (
              <Button size="sm" variant="quiet" onPress={show}>
                {t("list.fresh", { count: fresh.count })}
              </Button>
            )}
          </span>
        }
      />
      {stopping && (
        <Suspense>
          <StopDialog id={stopping} onClose={() => setStopping(null)} />
        </Suspense>
      )}
    </>
  );
}

/**
 * Sessions that began since the list was read: they wait above it, so that rows do not move under the hand. `query`: which
 * of them the list would have, where it does not have all.
 */
function useFresh(ids: readonly string[], isWatched: boolean, query: SessionsQuery | null) {
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (!isWatched) return;
    return hear(["transaction_changed"], (event) => {
      if (event.type !== "transaction_changed" || sessionRows.get(event.id)) return;
      setFresh((known) => {
        const next = new Set(known);
        if (event.status === "completed") next.delete(event.id);
        else next.add(event.id);
        return next.size === known.size ? known : next;
      });
    });
  }, [isWatched]);
  const heard = [...fresh];
  const { data: fitting } = useQuery({
    queryKey: ["sessions", "fresh", query],
    queryFn: async ({ signal }) => {
      const asked = { ...query, sort: "-created_at" as const, limit: COUNTED, fields: "id" };
      return (await listTransactions({ query: asked, signal, throwOnError: true })).data.items.map(({ id }) => id);
    },
    enabled: query !== null && heard.length > 0,
    refetchInterval: AGGREGATES_MS, // sessions begin all the time in a large fleet, here or elsewhere
    gcTime: 0,
  });
  const clear = useCallback(() => setFresh(new Set()), []);
  const shown = new Set(ids);
  const fits = query && new Set(fitting);
  return { count: heard.filter((id) => !shown.has(id) && (!fits || fits.has(id))).length, clear };
}

function Nothing({ tab, search, onSearch }: SessionGridProps) {
  const { t } = useTranslation("sessions");
  if (isNarrowed(search)) {
    return (
      <EmptyState
        title={t("empty.filtered")}
        text={t("empty.filteredText")}
        action={<Button onPress={() => onSearch({ tab })}>{t("empty.clear")}</Button>}
      />
    );
  }
  if (tab === "attention") {
    return (
      <EmptyState icon={<CircleCheckBig aria-hidden />} title={t("empty.attention")} text={t("empty.attentionText")} />
    );
  }
  return (
    <EmptyState
      icon={<BatteryCharging aria-hidden />}
      title={t(`empty.${tab}`)}
      text={t(`empty.${tab}Text`)}
      action={<LinkButton to="/chargers">{t("empty.chargers")}</LinkButton>}
    />
  );
}
