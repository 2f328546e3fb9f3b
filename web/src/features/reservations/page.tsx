// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Reservations: as a list, and by the days of a week. */
import { getRouteApi } from "@tanstack/react-router";
import { CalendarClock, CalendarDays, List as ListIcon, Plus } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listReservations } from "@/api/sdk.gen";
import type { Reservation } from "@/api/types.gen";
import { useSiteFilter } from "@/kit/sites";
import { ReservationStatus, useActions } from "@/features/reservations/parts";
import { queryOf } from "@/features/reservations/query";
import {
  isNarrowed,
  SORTS,
  STATUSES,
  valuesOf,
  VIEWS,
  withValues,
  type ReservationsSearch,
} from "@/features/reservations/search";
import {
  Button,
  DataGrid,
  EmptyState,
  ExportMenu,
  FilterBar,
  ForbiddenPage,
  gridSort,
  Loading,
  Page,
  SavedViews,
  SearchBox,
  SegmentedControl,
  Skeleton,
  Toolbar,
  type FilterDefinition,
  type GridColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { throttled, useServerList } from "@/lib/lists";
import { hear } from "@/lib/live";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/reservations");
const Week = lazy(() => import("@/features/reservations/calendar").then((file) => ({ default: file.WeekCalendar })));
const Create = lazy(() =>
  import("@/features/reservations/create").then((file) => ({ default: file.CreateReservation })),
);
const Cancel = lazy(() =>
  import("@/features/reservations/cancel").then((file) => ({ default: file.CancelReservation })),
);
const reservationRows = new Rows<Reservation>();
const READ = "charger:charger:read";
const PAGE = 100;
const AGGREGATES_MS = 5_000;

export function ReservationsPage() {
  const { t } = useTranslation("reservations");
  const format = useFormat();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [isCreating, setCreating] = useState(false);
  const [cancelling, setCancelling] = useState<Reservation | null>(null);
  useFollowed();
  if (!may(READ)) return <ForbiddenPage title={t("title")} permission={READ} />;
  const narrow = (next: ReservationsSearch) => void navigate({ search: next, replace: true });
  const view = search.view ?? "list";
  const add = may("charger:command:send") && (
    <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setCreating(true)}>
      {t("actions.create")}
    </Button>
  );
  const parts = { search, onSearch: narrow, onCancel: setCancelling, add };
  return (
    <Page
      title={t("title")}
      actions={
        <>
          <ExportMenu
            name="reservations"
            path={(as) => apiPath("/api/v1/reservations", { ...queryOf(search, format.zone), format: as })}
          />
          {add}
        </>
      }
    >
      <Toolbar
        end={
          <SegmentedControl
            label={t("view.label")}
            size="sm"
            segments={VIEWS.map((id) => ({
              id,
              label: t(`view.${id}`),
              icon: id === "list" ? <ListIcon aria-hidden /> : <CalendarDays aria-hidden />,
            }))}
            selected={view}
            onChange={(next) => narrow({ ...search, view: next === "list" ? undefined : next })}
          />
        }
      >
        <Filters search={search} onSearch={narrow} />
      </Toolbar>
      {view === "week" ? (
        <Suspense
          fallback={
            <Loading>
              <Skeleton variant="block" height="20rem" />
            </Loading>
          }
        >
          <Week {...parts} />
        </Suspense>
      ) : (
        <ReservationList {...parts} />
      )}
      <Suspense>
        {isCreating && <Create onClose={() => setCreating(false)} />}
        {cancelling && <Cancel reservation={cancelling} onClose={() => setCancelling(null)} />}
      </Suspense>
    </Page>
  );
}

/** Nothing is told of reservations themselves: they change with commands, sessions and states of connectors. */
function useFollowed(): void {
  useEffect(() => {
    const again = throttled(() => void queries.invalidateQueries({ queryKey: ["reservations"] }), AGGREGATES_MS);
    const stop = hear(["command_closed", "transaction_changed", "status_changed"], (event) => {
      const isAbout =
        (event.type === "command_closed" && ["reserve_now", "cancel_reservation"].includes(event.command)) ||
        event.type === "transaction_changed" ||
        (event.type === "status_changed" && event.status.toLowerCase() === "reserved");
      if (isAbout) again.call();
    });
    return () => {
      again.stop();
      stop();
    };
  }, []);
}

interface FiltersProps {
  search: ReservationsSearch;
  onSearch: (search: ReservationsSearch) => void;
}

function Filters({ search, onSearch }: FiltersProps) {
  const { t } = useTranslation("reservations");
  const format = useFormat();
  const site = useSiteFilter("site_id", search.site_id);
  const definitions = useMemo<FilterDefinition[]>(
    () => [
      ...(site ? [site] : []),
      {
        id: "status",
        kind: "options",
        label: t("columns.status"),
        options: STATUSES.map((id) => ({ id, label: t(`status.${id}`) })),
      },
      { id: "charger_id", kind: "text", label: t("columns.charger"), placeholder: t("whole") },
      { id: "token", kind: "text", label: t("columns.tag"), placeholder: t("whole") },
      { id: "expires", kind: "date_range", label: t("columns.until") },
    ],
    [t, site],
  );
  const offered = search.view === "week" ? definitions.filter(({ id }) => id !== "expires") : definitions;
  return (
    <FilterBar filters={offered} value={valuesOf(search)} onChange={(values) => onSearch(withValues(search, values))}>
      <SearchBox label={t("search")} value={search.q} onSearch={(q) => onSearch({ ...search, q: q || undefined })} />
      <SavedViews screen="reservations" path="/reservations" search={search} query={queryOf(search, format.zone)} />
    </FilterBar>
  );
}

function useColumns(): GridColumn<Reservation>[] {
  const { t } = useTranslation("reservations");
  const format = useFormat();
  return useMemo(
    () => [
      { id: "charger", label: t("columns.charger"), width: 180, render: ({ charger_id: charger }) => charger },
      {
        id: "place",
        label: t("columns.connector"),
        width: 120,
        render: ({ evse_id: evse, connector_type: type }) => (evse === null ? (type ?? t("any")) : format.number(evse)),
      },
      { id: "tag", label: t("columns.tag"), width: 180, render: ({ token, group }) => token ?? group ?? "–" },
      {
        id: "status",
        label: t("columns.status"),
        width: 140,
        render: (row) => <ReservationStatus status={row.status} />,
      },
      {
        id: "created_at",
        label: t("columns.from"),
        width: 170,
        sortable: true,
        render: ({ created_at: at }) => format.dateTime(at),
      },
      {
        id: "expires_at",
        label: t("columns.until"),
        width: 170,
        sortable: true,
        render: ({ expires_at: at }) => (at === null ? "–" : format.dateTime(at)),
      },
      {
        id: "number",
        label: t("columns.number"),
        width: 110,
        align: "end",
        isHidden: true,
        render: ({ reservation_id: number }) => number,
      },
    ],
    [t, format],
  );
}

export interface ReservationParts extends FiltersProps {
  onCancel: (reservation: Reservation) => void;
  add: React.ReactNode;
}

function ReservationList({ search, onSearch, onCancel, add }: ReservationParts) {
  const { t } = useTranslation("reservations");
  const format = useFormat();
  const query = queryOf(search, format.zone);
  const list = useServerList<Reservation>({
    queryKey: ["reservations", "list", query],
    rows: reservationRows,
    idOf: ({ id }) => id,
    load: async (cursor, signal) =>
      (await listReservations({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true })).data,
  });
  const actions = useActions(onCancel);
  return (
    <DataGrid<Reservation>
      keptAs="reservations"
      label={t("title")}
      columns={useColumns()}
      {...list.grid}
      rowName={({ charger_id: charger, token }) => [charger, token].filter(Boolean).join(" · ")}
      {...gridSort(search, SORTS, "-created_at", onSearch)}
      actions={actions}
      count={t(list.isWhole ? "list.count" : "list.about", { count: list.total })}
      empty={
        isNarrowed(search) ? (
          <EmptyState
            title={t("empty.filtered")}
            text={t("empty.filteredText")}
            action={<Button onPress={() => onSearch({ view: search.view })}>{t("empty.clear")}</Button>}
          />
        ) : (
          <EmptyState
            icon={<CalendarClock aria-hidden />}
            title={t("empty.title")}
            text={t("empty.text")}
            action={add}
          />
        )
      }
    />
  );
}
