// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The map in the page: made anew when its colours, its language or its style change. */
import { GPUInitializationError } from "maplibre-gl";
import { Crosshair, LocateFixed, Minus, Plus } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import styles from "@/features/chargers/map/map.module.css";
import { boxOf, type Box, type Camera, type Station } from "@/features/chargers/map/model";
import { MapView } from "@/features/chargers/map/view";
import { Banner, IconButton } from "@/kit";
import { useAppearance } from "@/lib/appearance";

import "maplibre-gl/dist/maplibre-gl.css";

export interface MapCanvasProps {
  stations: readonly Station[] | undefined;
  /** The address of a style or of an archive of tiles, or nothing for the map that asks nobody. */
  style: string | null;
  camera: Camera | null;
  chosen: Station | null;
  /** A number that changes when what is chosen is to be looked at. */
  look: number;
  /** Null: there is no map, and everything is looked at. */
  onMove: (box: Box | null, camera: Camera | null) => void;
  onChoose: (site: string) => void;
}

type Trouble = "webgl" | "broken" | "style" | "tiles" | "locate" | "denied";
/** There is no map. */
const NONE: ReadonlySet<Trouble | null> = new Set(["webgl", "broken"]);

function hearOfTheme(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}

function useTheme(): string | undefined {
  return useSyncExternalStore(hearOfTheme, () => document.documentElement.dataset.theme);
}

export function MapCanvas({ stations, style, camera, chosen, look, onMove, onChoose }: MapCanvasProps) {
  const { t } = useTranslation("map");
  const language = useAppearance((state) => state.language);
  const theme = useTheme();
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef({ camera, onMove, onChoose });
  const [view, setView] = useState<MapView | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [isOwn, setOwn] = useState(style === null);
  const title = t("canvas");
  useEffect(() => {
    latest.current = { camera: view?.camera ?? camera, onMove, onChoose };
  });
  useEffect(() => {
    if (!place.current) return;
    let made: MapView;
    try {
      made = new MapView({
        container: place.current,
        style: isOwn ? null : style,
        language,
        title,
        camera: latest.current.camera,
        onMove: (box, now) => latest.current.onMove(box, now),
        onChoose: (site) => latest.current.onChoose(site),
        onStyleLost: () => {
          setTrouble(isOwn ? "broken" : "style");
          if (isOwn) latest.current.onMove(null, null);
          else setOwn(true);
        },
        onTilesLost: () => setTrouble((known) => known ?? "tiles"),
      });
    } catch (error) {
      // what a browser cannot do is no fault; anything else is one, and the list is there all the same
      const isUnable = error instanceof GPUInitializationError;
      if (!isUnable) reportError(error);
      setTrouble(isUnable ? "webgl" : "broken");
      latest.current.onMove(null, null);
      return;
    }
    setView(made);
    return () => {
      setView(null);
      latest.current.camera = made.camera;
      made.remove();
    };
    // the colours of what is drawn are those of the page
  }, [isOwn, style, language, title, theme]);
  useEffect(() => {
    if (view && stations) view.stations = stations;
  }, [view, stations]);
  useEffect(() => {
    if (view) view.chosen = chosen?.site_id ?? null;
  }, [view, chosen?.site_id]);
  const looked = useRef(0);
  useEffect(() => {
    if (!view || !chosen || looked.current === look) return;
    looked.current = look;
    view.show(chosen);
  }, [view, chosen, look]);
  useFirstLook(view, stations, camera);
  const all = () => {
    const box = boxOf(stations ?? []);
    if (box) view?.fit(box);
  };
  const locate = () => {
    setTrouble(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => view?.showMe(coords.longitude, coords.latitude),
      ({ code, PERMISSION_DENIED }) => setTrouble(code === PERMISSION_DENIED ? "denied" : "locate"),
      { maximumAge: 60_000, timeout: 15_000 },
    );
  };
  return (
    <div className={styles.frame}>
      {trouble && (
        <Banner
          tone="warning"
          title={t(`trouble.${trouble}`)}
          onClose={NONE.has(trouble) ? undefined : () => setTrouble(null)}
        />
      )}
      <div className={styles.canvas} hidden={NONE.has(trouble)}>
        <div ref={place} className={styles.place} />
        {view && (
          <div className={styles.controls} role="group" aria-label={t("controls")}>
            <IconButton
              variant="secondary"
              label={t("zoomIn")}
              icon={<Plus aria-hidden />}
              onPress={() => view.zoom(1)}
            />
            <IconButton
              variant="secondary"
              label={t("zoomOut")}
              icon={<Minus aria-hidden />}
              onPress={() => view.zoom(-1)}
            />
            <IconButton variant="secondary" label={t("showAll")} icon={<Crosshair aria-hidden />} onPress={all} />
            {"geolocation" in navigator && (
              <IconButton variant="secondary" label={t("locate")} icon={<LocateFixed aria-hidden />} onPress={locate} />
            )}
          </div>
        )}
      </div>
    </div>
  );
}

/** Whoever comes without a place in the address sees all that there is. */
function useFirstLook(view: MapView | null, stations: readonly Station[] | undefined, camera: Camera | null): void {
  const isDone = useRef(camera !== null);
  useEffect(() => {
    if (!view || !stations?.length || isDone.current) return;
    isDone.current = true;
    const box = boxOf(stations);
    if (box) view.fit(box, true);
  }, [view, stations]);
}
