// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A short walk through the app: one screen after the other, with what it is for. Keys: arrows, Escape. */
import { useRouter } from "@tanstack/react-router";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "@/kit";
import { useMay } from "@/lib/me";
import { placesFor } from "@/lib/navigation";
import { useOverlays } from "@/lib/overlays";

import styles from "./tour.module.css";

/** Places of the menu, in the order they are walked; what somebody may not see, or is not there, is left out. */
const STOPS = ["overview", "chargers", "sessions", "alerts", "profiles", "reports"] as const;

interface Frame {
  top: number;
  left: number;
  width: number;
  height: number;
}

/** Around the entry of the menu, where one is in sight. */
function frameOf(to: string): Frame | null {
  for (const link of document.querySelectorAll<HTMLElement>(`nav a[href="${to}"]`)) {
    const { top, left, width, height } = link.getBoundingClientRect();
    if (width > 0 && height > 0) return { top, left, width, height };
  }
  return null;
}

export function Tour() {
  const { t } = useTranslation("onboarding");
  const router = useRouter();
  const may = useMay();
  const close = useOverlays((state) => state.close);
  const [at, setAt] = useState(0);
  const [frame, setFrame] = useState<Frame | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const stops = useMemo(() => {
    const places = placesFor(may).flatMap((group) => group.places);
    const there = new Set(Object.keys(router.routesByPath));
    return STOPS.flatMap((id) => places.filter((place) => place.id === id && there.has(place.to)));
  }, [may, router]);
  const stop = stops[at];
  const to = stop?.to;
  const isLast = at === stops.length - 1;

  useEffect(() => {
    if (to !== undefined) void router.navigate({ to });
  }, [router, to]);
  useLayoutEffect(() => {
    if (to === undefined) return;
    const measure = () => setFrame(frameOf(to));
    measure();
    addEventListener("resize", measure);
    addEventListener("scroll", measure, true);
    return () => {
      removeEventListener("resize", measure);
      removeEventListener("scroll", measure, true);
    };
  }, [to]);
  useEffect(() => {
    if (to !== undefined) heading.current?.focus();
  }, [to]);
  if (!stop) return null;
  const press = (event: React.KeyboardEvent): void => {
    const onward = getComputedStyle(event.currentTarget).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = onward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    if (event.key === "Escape") close();
    else if (event.key === onward && !isLast) setAt(at + 1);
    else if (event.key === back && at > 0) setAt(at - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      {frame && <div aria-hidden className={styles.frame} style={frame} />}
      <section role="dialog" data-keeps-focus aria-labelledby="tour-title" className={styles.panel} onKeyDown={press}>
        <p className={styles.position}>{t("tour.position", { step: at + 1, total: stops.length })}</p>
        <h2 id="tour-title" ref={heading} tabIndex={-1} className={styles.title}>
          {t(`tour.stops.${stop.id}.title`)}
        </h2>
        <p>{t(`tour.stops.${stop.id}.text`)}</p>
        {isLast && <p className="soft">{t("tour.again")}</p>}
        <div className={styles.actions}>
          {!isLast && (
            <Button variant="quiet" onPress={close}>
              {t("tour.end")}
            </Button>
          )}
          <span className={styles.space} />
          {at > 0 && <Button onPress={() => setAt(at - 1)}>{t("tour.back")}</Button>}
          <Button variant="primary" onPress={() => (isLast ? close() : setAt(at + 1))}>
            {t(isLast ? "tour.done" : "tour.next")}
          </Button>
        </div>
      </section>
    </>
  );
}
