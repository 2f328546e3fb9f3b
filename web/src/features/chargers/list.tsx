// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** All chargers: found, watched, and changed many at a time. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { defaultStringifySearch, getRouteApi } from "@tanstack/react-router";
import { Map, PlugZap, Plus } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { AddMenu } from "@/features/chargers/add-menu";
import { useColumns } from "@/features/chargers/columns";
import { ChargerFilters } from "@/features/chargers/filter-bar";
import { isNarrowed, SORTS, type ChargersSearch } from "@/features/chargers/filters";
import styles from "@/features/chargers/list.module.css";
import { chargerName, chargerPath, type ChargerRow } from "@/features/chargers/model";
import { chargerRows, chargersQuery, followRows } from "@/features/chargers/rows";
import { ViewTabs } from "@/features/chargers/view-tabs";
import {
  BulkBar,
  Button,
  DataGrid,
  EmptyState,
  ForbiddenPage,
  LinkButton,
  NOTHING_SELECTED,
  Page,
  Skeleton,
  type GridSelection,
  type GridSort,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useLive } from "@/lib/live";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/chargers");
const BulkActions = lazy(() =>
  import("@/features/chargers/bulk-actions").then((file) => ({ default: file.BulkActions })),
);
const Pending = lazy(() => import("@/features/chargers/pending").then(({ PendingList }) => ({ default: PendingList })));

export function ChargersPage() {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const search = route.useSearch();
  const { view } = search;
  if (!may("charger:charger:read")) return <ForbiddenPage title={t("title")} permission="charger:charger:read" />;
  return (
    <Page
      title={t("title")}
      actions={
        <>
          {may("site:site:read") && (
            <LinkButton to={`/map${defaultStringifySearch(search)}`} icon={<Map aria-hidden />}>
              {t("list.map")}
            </LinkButton>
          )}
          <AddMenu />
        </>
      }
    >
      <ViewTabs />
      <div className={styles.panel}>
        {view === "pending" ? (
          <Suspense fallback={<Skeleton variant="block" height="16rem" />}>
            <Pending />
          </Suspense>
        ) : (
          <Chargers />
        )}
      </div>
    </Page>
  );
}

function sortOf(search: ChargersSearch): GridSort {
  const name = search.sort?.replace(/^-/, "") ?? "id";
  const column = Object.entries(SORTS).find(([, sort]) => sort === name)?.[0] ?? "charger";
  return { column, isDescending: search.sort?.startsWith("-") ?? false };
}

function useRowsAlive(seesAlerts: boolean): void {
  const isPaused = useLive(({ paused }) => paused);
  useEffect(() => followRows(seesAlerts), [seesAlerts]);
  useEffect(() => {
    chargerRows.paused = isPaused;
    return () => {
      chargerRows.paused = false;
    };
  }, [isPaused]);
}

function Chargers() {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const seesAlerts = may("alert:alert:read");
  const columns = useColumns(seesAlerts);
  const [selection, setSelection] = useState<GridSelection>(NOTHING_SELECTED);
  const found = useInfiniteQuery(chargersQuery(search, seesAlerts));
  const ids = useMemo(() => found.data?.pages.flatMap((page) => page.ids) ?? [], [found.data]);
  const total = found.hasNextPage ? Math.max(found.data?.pages[0]?.total ?? 0, ids.length) : ids.length;
  useRowsAlive(seesAlerts);
  const wanted = JSON.stringify(search);
  const [asked, setAsked] = useState(wanted);
  if (asked !== wanted) {
    setAsked(wanted);
    setSelection(NOTHING_SELECTED); // what was selected may not be in the list any more
  }
  const sort = ({ column, isDescending }: GridSort) => {
    const name = SORTS[column];
    if (name) void navigate({ search: { ...search, sort: `${isDescending ? "-" : ""}${name}` }, replace: true });
  };
  const open = useCallback((id: string) => void navigate({ to: chargerPath(id) }), [navigate]);
  const { hasNextPage, fetchNextPage } = found;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return (
    <>
      <ChargerFilters
        path="/chargers"
        search={search}
        onChange={(next) => void navigate({ search: next, replace: true })}
      />
      <DataGrid<ChargerRow>
        label={t("title")}
        columns={columns}
        ids={ids}
        rows={chargerRows}
        rowName={chargerName}
        total={total}
        sort={sortOf(search)}
        onSort={sort}
        onEnd={hasNextPage ? more : undefined}
        isLoading={found.isFetching}
        problem={found.error}
        onRetry={() => void (ids.length ? found.fetchNextPage() : found.refetch())}
        onOpen={open}
        href={({ id }) => chargerPath(id)}
        selection={selection}
        onSelection={setSelection}
        keptAs="chargers"
        empty={<Nothing />}
        toolbar={
          ids.length > 0 && (
            <span className="soft">
              {t(hasNextPage ? "list.about" : "list.count", { count: total, number: format.number(total) })}
            </span>
          )
        }
      />
      <BulkBar selection={selection} onSelection={setSelection} total={total}>
        <Suspense>
          <BulkActions selection={selection} total={total} onDone={() => setSelection(NOTHING_SELECTED)} />
        </Suspense>
      </BulkBar>
    </>
  );
}

/** Nothing there yet, nothing in this view, or nothing that fits. */
function Nothing() {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  if (isNarrowed(search)) {
    const clear = () => void navigate({ search: search.view ? { view: search.view } : {} });
    return (
      <EmptyState
        title={t("empty.filtered")}
        text={t("empty.filteredText")}
        action={<Button onPress={clear}>{t("empty.clear")}</Button>}
      />
    );
  }
  if (search.view) {
    return (
      <EmptyState
        icon={<PlugZap aria-hidden />}
        title={t(`empty.${search.view}`)}
        action={<LinkButton to="/chargers">{t("empty.showAll")}</LinkButton>}
      />
    );
  }
  return (
    <EmptyState
      icon={<PlugZap aria-hidden />}
      title={t("empty.title")}
      text={t("empty.text")}
      action={
        may("charger:charger:create") && (
          <LinkButton to="/chargers/add" variant="primary" icon={<Plus aria-hidden />}>
            {t("add.one")}
          </LinkButton>
        )
      }
    />
  );
}
