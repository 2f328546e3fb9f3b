// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Of which site screens are; there only where there are several. */
import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { ChevronDown, MapPin, MapPinOff } from "lucide-react";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";

import { useMay } from "@/lib/me";
import { SITES, useChooseSite, useSite } from "@/lib/site-scope";
import { severalSitesQuery, siteNameQuery } from "@/kit/sites";
import styles from "@/app/shell/site-picker.module.css";
import { Button, cx, toast } from "@/kit";
import { useOpener } from "@/kit/use-opener";
import { usePreview } from "@/lib/preview";
import { problemOf } from "@/lib/problems";
import { sitesIn } from "@/lib/scope";

const load = () => import("@/app/shell/site-list");
const SiteList = lazy(() => load().then((file) => ({ default: file.SiteList })));

/** How what is shown now goes with the choice: narrowed to it, to other sites, to none, or not at all by sites. */
export type Fit = "same" | "others" | "all" | "never";

interface SitePickerProps {
  isWide?: boolean;
  onChosen?: () => void;
}

export function SitePicker({ isWide = false, onChosen }: SitePickerProps) {
  const isSeen = useMay()(SITES);
  const site = useSite();
  const isSeveral = useQuery({ ...severalSitesQuery, enabled: isSeen }).data ?? false;
  return isSeen && (isSeveral || site !== null) ? <Picker site={site} isWide={isWide} onChosen={onChosen} /> : null;
}

function useFit(site: string | null): Fit {
  return useRouterState({
    select: ({ location: { pathname, search } }) => {
      const sites = sitesIn(pathname, search);
      if (!sites) return "never";
      if (sites.length === 0) return "all";
      return sites.length === 1 && sites[0] === site ? "same" : "others";
    },
  });
}

/** A site that was deleted, or that one may not see any more, is not looked at for ever. */
function useGone(site: string | null, error: unknown): void {
  const { t } = useTranslation();
  const choose = useChooseSite();
  const isPreview = usePreview(({ role }) => role !== null);
  const isGone = site !== null && error !== null && problemOf(error).status === 404;
  useEffect(() => {
    if (!isGone || isPreview) return;
    choose(null);
    toast({ tone: "info", title: t("site.gone") });
  }, [isGone, isPreview, choose, t]);
}

function Picker({ site, isWide, onChosen }: SitePickerProps & { site: string | null }) {
  const { t } = useTranslation();
  const found = useQuery({ ...siteNameQuery(site ?? ""), enabled: site !== null });
  const fit = useFit(site);
  useGone(site, found.error);
  const { trigger, isOpen, setOpen, triggerRef } = useOpener({ kind: "dialog", load });
  const isElsewhere = site !== null && fit !== "same";
  const name = site === null ? t("site.all") : (found.data ?? "…");
  return (
    <>
      <Button
        {...trigger}
        variant={isWide ? "secondary" : "quiet"}
        isWide={isWide}
        icon={isElsewhere ? <MapPinOff aria-hidden /> : <MapPin aria-hidden />}
        aria-label={t(isElsewhere ? "site.chosenElsewhere" : "site.chosen", { name })}
      >
        <span className={cx(styles.name, isElsewhere && styles.elsewhere)}>
          <bdi>{name}</bdi>
          {isElsewhere && <span className={styles.note}>{t("site.notHere")}</span>}
          <ChevronDown aria-hidden className={styles.arrow} />
        </span>
      </Button>
      {isOpen && (
        <Suspense>
          <SiteList
            site={site}
            name={name}
            fit={fit}
            triggerRef={triggerRef}
            onOpenChange={setOpen}
            onChosen={onChosen}
          />
        </Suspense>
      )}
    </>
  );
}
