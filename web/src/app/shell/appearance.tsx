// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Language, colours, density, times and keys: at once, and for the next visit. */
import { useTranslation } from "react-i18next";

import { Dialog, RadioGroup, Select, Switch } from "@/kit";
import { isLanguage, LANGUAGES, useAppearance, type Density, type Theme, type ZoneMode } from "@/lib/appearance";
import { useOverlays } from "@/lib/overlays";

import styles from "./appearance.module.css";

const THEMES: Theme[] = ["system", "light", "dark"];
const DENSITIES: Density[] = ["comfortable", "compact"];
const ZONES: ZoneMode[] = ["viewer", "site", "utc"];

export function AppearanceDialog() {
  const { t } = useTranslation();
  const { shown, close } = useOverlays();
  const { theme, density, language, zone, shortcuts, change } = useAppearance();
  const viewer = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Dialog
      title={t("appearance.title")}
      isOpen={shown === "appearance"}
      onOpenChange={(isOpen) => !isOpen && close()}
      size="sm"
    >
      <div className={styles.fields}>
        <Select
          label={t("appearance.language")}
          options={Object.entries(LANGUAGES).map(([id, label]) => ({ id, label }))}
          selected={language}
          onChange={(id) => isLanguage(id) && change({ language: id })}
        />
        <RadioGroup
          label={t("appearance.theme")}
          options={THEMES.map((id) => ({ id, label: t(`appearance.themes.${id}`) }))}
          selected={theme}
          onChange={(id) => change({ theme: id })}
        />
        <RadioGroup
          label={t("appearance.density")}
          options={DENSITIES.map((id) => ({ id, label: t(`appearance.densities.${id}`) }))}
          selected={density}
          onChange={(id) => change({ density: id })}
        />
        <RadioGroup
          label={t("appearance.zone")}
          options={ZONES.map((id) => ({ id, label: t(`appearance.zones.${id}`, { zone: viewer }) }))}
          selected={zone}
          onChange={(id) => change({ zone: id })}
        />
        <Switch isSelected={shortcuts} onChange={(on) => change({ shortcuts: on })}>
          {t("appearance.shortcuts")}
        </Switch>
      </div>
    </Dialog>
  );
}
