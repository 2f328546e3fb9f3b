// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The bar at the top: the same things at the same place on every screen (WCAG 3.2.6). */
import { Link } from "@tanstack/react-router";
import { CircleHelp, Menu as MenuIcon, Palette, Search } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";

import { useSiteWays } from "@/lib/site-scope";
import { Overlays } from "@/app/shell/overlays";
import { Button, IconButton, Kbd, LiveDot, ToggleButton, Tooltip } from "@/kit";
import { useBrand } from "@/lib/brand";
import { useLive } from "@/lib/live";
import { useMay, useMe } from "@/lib/me";
import { useOverlays } from "@/lib/overlays";

import styles from "./bar.module.css";

const AccountMenu = lazy(async () => ({ default: (await import("@/app/shell/account-menu")).AccountMenu }));

const SitePicker = lazy(async () => ({ default: (await import("@/app/shell/site-picker")).SitePicker }));

const Bell = lazy(async () => ({ default: (await import("@/features/alerts/bell")).Bell }));

export function Bar({ onMenu }: { onMenu: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const may = useMay();
  const { searchFor } = useSiteWays();
  const open = useOverlays((state) => state.open);
  const { name, logo } = useBrand();
  const { condition, paused, setPaused } = useLive();
  return (
    <header className={styles.bar}>
      <div className={styles.menu}>
        <IconButton label={t("shell.openMenu")} icon={<MenuIcon aria-hidden />} onPress={onMenu} />
      </div>
      <Link to="/" search={searchFor("/")} className={styles.brand} aria-label={name ?? t("product")}>
        {logo ? <img src={logo} alt="" height={28} /> : <img src="/icon.svg" alt="" width={24} height={24} />}
        <span>{name ?? t("product")}</span>
      </Link>
      {me && <span className={styles.organization}>{me.organization.name}</span>}
      <div className={styles.site}>
        <Suspense>
          <SitePicker />
        </Suspense>
      </div>
      <div className={styles.tools}>
        <div className={styles.search}>
          <Button icon={<Search aria-hidden />} onPress={() => open("palette")}>
            {t("palette.open")} <Kbd keys={["Ctrl", "K"]} />
          </Button>
        </div>
        <div className={styles.searchShort}>
          <IconButton label={t("palette.open")} icon={<Search aria-hidden />} onPress={() => open("palette")} />
        </div>
        {may("system:event:read") && (
          <Tooltip text={paused ? t("live.resume") : t("live.pause")}>
            <ToggleButton isSelected={paused} onChange={setPaused}>
              <LiveDot state={paused ? "paused" : condition} isTight />
            </ToggleButton>
          </Tooltip>
        )}
        <IconButton label={t("appearance.title")} icon={<Palette aria-hidden />} onPress={() => open("appearance")} />
        <IconButton label={t("shortcuts.title")} icon={<CircleHelp aria-hidden />} onPress={() => open("shortcuts")} />
        <Suspense>
          <Bell />
          <AccountMenu />
        </Suspense>
      </div>
      <Overlays />
    </header>
  );
}
