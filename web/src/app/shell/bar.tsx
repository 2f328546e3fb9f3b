// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The bar at the top: the same things at the same place on every screen (WCAG 3.2.6). */
import { Link } from "@tanstack/react-router";
import { CircleHelp, LogOut, Menu as MenuIcon, Palette, Search, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useMe } from "@/app/me";
import { useOverlays } from "@/app/overlays";
import { AppearanceDialog } from "@/app/shell/appearance";
import { CommandPalette } from "@/app/shell/palette";
import { ShortcutHelp } from "@/app/shell/shortcut-help";
import { useSignOut } from "@/app/sign-out";
import { Button, IconButton, Kbd, LiveDot, MenuButton } from "@/kit";
import { useLive } from "@/lib/live";

import styles from "./bar.module.css";

export function Bar({ onMenu }: { onMenu: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const open = useOverlays((state) => state.open);
  const { condition, paused, setPaused } = useLive();
  const signOut = useSignOut();
  return (
    <header className={styles.bar}>
      <div className={styles.menu}>
        <IconButton label={t("shell.openMenu")} icon={<MenuIcon aria-hidden />} onPress={onMenu} />
      </div>
      <Link to="/" className={styles.brand}>
        <img src="/icon.svg" alt="" width={24} height={24} />
        <span>{t("product")}</span>
      </Link>
      {me && <span className={styles.organization}>{me.organization.name}</span>}
      <div className={styles.tools}>
        <Button variant="secondary" icon={<Search aria-hidden size={16} />} onPress={() => open("palette")} className={styles.search}>
          <span>{t("palette.open")}</span>
          <Kbd>Ctrl K</Kbd>
        </Button>
        <LiveDot condition={condition} isPaused={paused} onToggle={() => setPaused(!paused)} />
        <IconButton label={t("appearance.title")} icon={<Palette aria-hidden />} onPress={() => open("appearance")} />
        <IconButton label={t("shortcuts.title")} icon={<CircleHelp aria-hidden />} onPress={() => open("shortcuts")} />
        <MenuButton
          label={me?.display_name ?? me?.username ?? t("account.title")}
          icon={<UserRound aria-hidden />}
          items={[
            { id: "account", label: t("account.title"), icon: <UserRound aria-hidden size={16} />, href: "/account" },
            { id: "sign-out", label: t("account.signOut"), icon: <LogOut aria-hidden size={16} />, onAction: signOut },
          ]}
        />
      </div>
      <CommandPalette />
      <ShortcutHelp />
      <AppearanceDialog />
    </header>
  );
}
