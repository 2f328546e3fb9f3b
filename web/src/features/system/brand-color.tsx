// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A brand's colour: chosen, judged by whether text can be read on it, and seen in both themes. */
import { useTranslation } from "react-i18next";

import styles from "@/features/system/system.module.css";
import { Banner, TextField } from "@/kit";
import { brandColors, brandVariables, ENOUGH, isColor, textOn } from "@/lib/colors";
import { useFormat } from "@/lib/format";

const OWN = "#1257c9";
const THEMES = ["light", "dark"] as const;

interface ColorFieldProps {
  name: string;
  label: string;
  description: string;
  value: string;
  onChange: (value: string) => void;
}

export function ColorField({ name, label, description, value, onChange }: ColorFieldProps) {
  const { t } = useTranslation("system");
  const format = useFormat();
  const judged = isColor(value) ? textOn(value) : null;
  const ratio = judged && format.number(judged.ratio, 2);
  return (
    <div className={styles.fields}>
      <div className={styles.color}>
        <input
          type="color"
          aria-label={t("branding.choose")}
          value={isColor(value) ? value.toLowerCase() : OWN}
          onChange={(event) => onChange(event.target.value)}
        />
        <TextField
          name={name}
          label={label}
          description={description}
          value={value}
          onChange={(text) => onChange(text.trim())}
          isMono
          maxLength={7}
          placeholder={OWN}
          pattern="#[0-9A-Fa-f]{6}"
        />
      </div>
      {judged && (
        <Banner
          tone={judged.ratio >= ENOUGH ? "success" : "danger"}
          live="status"
          title={t(judged.ratio >= ENOUGH ? "branding.readable" : "branding.unreadable", { ratio })}
        />
      )}
    </div>
  );
}

/** The app as it would look, light and dark; a colour that cannot be read is made darker or lighter for links. */
export function BrandPreview({ name, color }: { name: string; color: string }) {
  const { t } = useTranslation("system");
  const shown = isColor(color) ? color.toLowerCase() : null;
  return (
    <div className={styles.grid} role="group" aria-label={t("branding.preview")}>
      {THEMES.map((theme) => (
        <div
          key={theme}
          data-theme={theme}
          className={styles.preview}
          style={shown ? brandVariables(brandColors(shown, theme)) : undefined}
        >
          <span className={styles.brandBar}>
            <img src="/icon.svg" alt="" width={24} height={24} />
            {name || "CSMS Lite"}
          </span>
          <span className={styles.sampleLink}>{t("branding.link")}</span>
          <span className={styles.sample}>{t("branding.button")}</span>
          <span className={styles.sampleChip}>{t(`branding.themes.${theme}`)}</span>
        </div>
      ))}
    </div>
  );
}
