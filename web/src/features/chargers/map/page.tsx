// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where the chargers are, and how they are: a map, and beside it the list of what it shows. */
import { useQuery } from "@tanstack/react-query";
import { defaultStringifySearch, getRouteApi } from "@tanstack/react-router";
import { List, ListFilter, MapPinOff } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { isNarrowed, valuesOf, VIEWS, type BuiltInView } from "@/features/chargers/filters";
import { mapQuery, styleQuery, useLiveMap } from "@/features/chargers/map/api";
import styles from "@/features/chargers/map/map.module.css";
import {
  addressOf,
  inOrder,
  isWithin,
  readCamera,
  writeCamera,
  type Box,
  type Camera,
} from "@/features/chargers/map/model";
import { StationList } from "@/features/chargers/map/stations";
import {
  Button,
  EmptyState,
  ErrorState,
  LinkButton,
  Loading,
  NoPermission,
  Page,
  SegmentedControl,
  Skeleton,
  ToggleButton,
} from "@/kit";
import { useAppearance } from "@/lib/appearance";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const MapCanvas = lazy(() => import("@/features/chargers/map/canvas").then((file) => ({ default: file.MapCanvas })));
/** Fields take as much to load as half the rest of the page: they come when they are wanted. */
const ChargerFilters = lazy(() =>
  import("@/features/chargers/filter-bar").then((file) => ({ default: file.ChargerFilters })),
);
const route = getRouteApi("/signed-in/map");
const NEEDED = ["charger:charger:read", "site:site:read"];
const SETTLED_MS = 400;
/** Who waits for approval is nowhere yet. */
const SHOWN_VIEWS = VIEWS.filter((view) => view !== "pending");

export function MapPage() {
  const may = useMay();
  const { t } = useTranslation("map");
  const missing = NEEDED.find((permission) => !may(permission));
  if (!missing) return <ChargerMap />;
  return (
    <Page title={t("title")}>
      <NoPermission permission={missing} />
    </Page>
  );
}

/** What settles late, when one is on the way to another screen already, does not lead back. */
function isHere(): boolean {
  return window.location.pathname === "/map";
}

/** The camera goes into the address when it stands still. */
function useCamera() {
  const navigate = route.useNavigate();
  const { at } = route.useSearch();
  const [first] = useState(() => readCamera(at));
  const [box, setBox] = useState<Box | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onMove = useCallback(
    (seen: Box | null, camera: Camera | null) => {
      setBox(seen);
      clearTimeout(timer.current);
      if (!camera) return;
      timer.current = setTimeout(() => {
        if (!isHere()) return;
        void navigate({ search: (now) => ({ ...now, at: writeCamera(camera) }), replace: true, resetScroll: false });
      }, SETTLED_MS);
    },
    [navigate],
  );
  return { first, box, onMove };
}

function ChargerMap() {
  const { t } = useTranslation("map");
  const { t: ofChargers } = useTranslation("chargers");
  const language = useAppearance((state) => state.language);
  const format = useFormat();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { at: _at, site, ...filters } = search;
  useLiveMap();
  const found = useQuery(mapQuery(filters));
  const style = useQuery(styleQuery);
  const { first, box, onMove } = useCamera();
  const [look, setLook] = useState(0);
  const sites = filters.site_id?.join(" ") ?? "";
  const [isFiltered, setFiltered] = useState(() => isNarrowed(filters));
  const [lastSites, setLastSites] = useState(sites);
  if (lastSites !== sites) {
    setLastSites(sites);
    if (sites) setFiltered(true); // nothing narrows it unseen
  }
  const narrowing = Object.keys(valuesOf(filters)).length + (filters.q ? 1 : 0);
  const stations = found.data?.stations;
  const seen = useMemo(
    () => stations && inOrder(box ? stations.filter((each) => isWithin(each, box)) : stations, language),
    [stations, box, language],
  );
  const choose = useCallback(
    (id: string | null) =>
      void navigate({ search: (now) => ({ ...now, site: id ?? undefined }), replace: true, resetScroll: false }),
    [navigate],
  );
  const chosen = stations?.find((each) => each.site_id === site) ?? null;
  const change = (next: typeof filters) => {
    const { at } = search;
    if (isHere()) void navigate({ search: { ...next, at, site }, replace: true });
  };
  return (
    <Page
      title={t("title")}
      actions={
        <LinkButton to={`/chargers${defaultStringifySearch(filters)}`} icon={<List aria-hidden />}>
          {t("asList")}
        </LinkButton>
      }
    >
      <div className={styles.filters}>
        <SegmentedControl<BuiltInView>
          label={ofChargers("views.label")}
          segments={SHOWN_VIEWS.map((id) => ({ id, label: ofChargers(`views.${id}`) }))}
          selected={filters.view ?? "all"}
          onChange={(view) => change({ ...filters, view: view === "all" ? undefined : view })}
        />
        <ToggleButton icon={<ListFilter aria-hidden />} isSelected={isFiltered} onChange={setFiltered}>
          {narrowing ? t("filtersSet", { number: format.number(narrowing) }) : t("filters")}
        </ToggleButton>
      </div>
      {isFiltered && (
        <Suspense fallback={<Skeleton variant="block" height="var(--control)" />}>
          <ChargerFilters path="/map" search={filters} onChange={change} />
        </Suspense>
      )}
      <div className={styles.halves}>
        <Suspense fallback={<Waiting />}>
          {style.isPending ? (
            <Waiting />
          ) : (
            <MapCanvas
              stations={stations}
              style={addressOf(style.data, window.location.href)}
              camera={first}
              chosen={chosen}
              look={look}
              area={found.isPlaceholderData ? undefined : sites}
              onMove={onMove}
              onChoose={choose}
            />
          )}
        </Suspense>
        <section className={styles.list} aria-label={t("list")}>
          {seen ? (
            <StationList
              stations={seen}
              search={filters}
              chosen={site ?? null}
              onChoose={choose}
              onLook={() => setLook((now) => now + 1)}
              hasMap={box !== null}
              elsewhere={found.data?.elsewhere ?? 0}
              nothing={<Nothing isEmpty={!stations?.length} elsewhere={found.data?.elsewhere ?? 0} />}
            />
          ) : found.error ? (
            <ErrorState problem={found.error} onRetry={() => void found.refetch()} />
          ) : (
            <Loading>
              <Skeleton variant="block" height="16rem" />
            </Loading>
          )}
        </section>
      </div>
    </Page>
  );
}

function Waiting() {
  return (
    <Loading>
      <Skeleton variant="block" height="24rem" />
    </Loading>
  );
}

/** No charger at all, none that fits, none with a place, or none in this part of the world. */
function Nothing({ isEmpty, elsewhere }: { isEmpty: boolean; elsewhere: number }) {
  const { t } = useTranslation("map");
  const { t: ofChargers } = useTranslation("chargers");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { at, site: _site, view, ...rest } = search;
  if (!isEmpty) return <EmptyState isCompact title={t("empty.here")} text={t("empty.hereText")} />;
  if (elsewhere) {
    return (
      <EmptyState
        isCompact
        icon={<MapPinOff aria-hidden />}
        title={t("empty.placeless")}
        text={t("empty.placelessText")}
        action={<LinkButton to="/sites">{t("empty.sites")}</LinkButton>}
      />
    );
  }
  if (view || isNarrowed(rest)) {
    return (
      <EmptyState
        isCompact
        title={ofChargers("empty.filtered")}
        text={ofChargers("empty.filteredText")}
        action={<Button onPress={() => void navigate({ search: { at } })}>{ofChargers("empty.clear")}</Button>}
      />
    );
  }
  return (
    <EmptyState
      isCompact
      icon={<MapPinOff aria-hidden />}
      title={ofChargers("empty.title")}
      text={ofChargers("empty.text")}
    />
  );
}
