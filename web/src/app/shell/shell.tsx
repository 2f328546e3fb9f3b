// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What stands around every screen: bar, menu, the main part, and on a phone the bar below. */
import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useLateSite } from "@/lib/site-scope";
import { Bar } from "@/app/shell/bar";
import { LiveBanner } from "@/app/shell/live-banner";
import { PhoneBar } from "@/app/shell/phone-bar";
import { SideMenu } from "@/app/shell/side-menu";
import { useGoKeys } from "@/app/shell/go-keys";
import { SignInAgain } from "@/features/accounts/sign-in-again";
import { follow } from "@/lib/live";
import { useMay, useMe } from "@/lib/me";
import { usePreview } from "@/lib/preview";
import { useSession } from "@/lib/session";

import styles from "./shell.module.css";

const PhoneMenu = lazy(async () => ({ default: (await import("@/app/shell/phone-menu")).PhoneMenu }));
const PreviewBanner = lazy(async () => ({ default: (await import("@/app/preview")).PreviewBanner }));
const Welcome = lazy(async () => ({ default: (await import("@/features/onboarding/welcome")).Welcome }));

/** How it looks for the organization, and for whoever is signed in. */
function useFollowed(isLost: boolean): void {
  const user = useMe()?.id;
  useEffect(() => {
    if (isLost || user === undefined) return undefined;
    let stop: (() => void) | undefined;
    let isOver = false;
    void import("@/app/followed").then(({ followBranding, followPreferences }) => {
      void followBranding(true);
      if (!isOver) stop = followPreferences(user);
    });
    return () => {
      isOver = true;
      stop?.();
    };
  }, [isLost, user]);
}

export function Shell() {
  const { t } = useTranslation();
  const main = useRef<HTMLElement>(null);
  const [menu, setMenu] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const previewing = usePreview(({ role }) => role);
  const lost = useSession((state) => state.lost);
  const hears = useMay()("system:event:read") && !lost;
  useEffect(() => (hears ? follow(previewing) : undefined), [hears, previewing]);
  useFollowed(lost);
  useGoKeys();
  useLateSite();
  useEffect(() => {
    if (path === "") return;
    setMenu(false);
    // a new screen is announced by its title, and reading goes on at its beginning (WCAG 2.4.3)
    const active = document.activeElement;
    // but the tour, which leads from screen to screen, keeps it
    if (!main.current?.contains(active) && !active?.closest("[data-keeps-focus]")) main.current?.focus();
  }, [path]);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        {t("shell.skip")}
      </a>
      <Bar onMenu={() => setMenu(true)} />
      <nav className={styles.side} aria-label={t("shell.menu")}>
        <SideMenu />
      </nav>
      {menu && (
        <Suspense>
          <PhoneMenu isOpen onOpenChange={setMenu} />
        </Suspense>
      )}
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <div className={styles.notices}>
          {previewing && (
            <Suspense>
              <PreviewBanner role={previewing} />
            </Suspense>
          )}
          <LiveBanner />
        </div>
        {path === "/" && (
          <Suspense>
            <Welcome />
          </Suspense>
        )}
        {/* a screen that waits for its texts hides itself only: with the menu, the focus would go as well */}
        <Suspense>
          <Outlet />
        </Suspense>
      </main>
      <PhoneBar />
      <SignInAgain />
    </div>
  );
}
