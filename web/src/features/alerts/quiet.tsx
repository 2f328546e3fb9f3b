// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** When messages wait. */
import { Plus, Trash2 } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { QuietHours } from "@/api/types.gen";
import styles from "@/features/alerts/alerts.module.css";
import { DAYS, nightOf, type Window } from "@/features/alerts/rule-model";
import { Button, Checkbox, CheckboxGroup, ComboBox, IconButton, Panel, TimeField } from "@/kit";
import { useAppearance } from "@/lib/appearance";
import { useFormat } from "@/lib/format";

const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const MOST = 20;

interface QuietEditorProps {
  quiet: QuietHours | null;
  onChange: (quiet: QuietHours | null) => void;
}

export function QuietEditor({ quiet, onChange }: QuietEditorProps) {
  const { t } = useTranslation("alert-rules");
  const { zone } = useFormat();
  const zones = useMemo(() => Intl.supportedValuesOf("timeZone").map((id) => ({ id, label: id })), []);
  const begin = (on: boolean) =>
    onChange(on ? { time_zone: zone, windows: [nightOf()], critical_through: true } : null);
  const change = (at: number, part: Partial<Window>) => {
    if (quiet)
      onChange({ ...quiet, windows: quiet.windows.map((each, index) => (index === at ? { ...each, ...part } : each)) });
  };
  return (
    <>
      <Checkbox isSelected={quiet !== null} onChange={begin} description={t("quiet.text")}>
        {t("quiet.title")}
      </Checkbox>
      {quiet && (
        <Panel label={t("quiet.title")}>
          <ComboBox
            label={t("quiet.zone")}
            options={zones}
            selected={{ id: quiet.time_zone, label: quiet.time_zone }}
            onChange={(id) => id !== null && onChange({ ...quiet, time_zone: id })}
            isRequired
          />
          {quiet.windows.map((window, index) => (
            <WindowFields
              // oxlint-disable-next-line react/no-array-index-key -- windows have no other name, and are controlled
              key={index}
              window={window}
              onChange={(part) => change(index, part)}
              onRemove={
                quiet.windows.length > 1
                  ? () => onChange({ ...quiet, windows: quiet.windows.filter((_, at) => at !== index) })
                  : undefined
              }
            />
          ))}
          <div>
            <Button
              size="sm"
              icon={<Plus aria-hidden />}
              isDisabled={quiet.windows.length >= MOST}
              onPress={() => onChange({ ...quiet, windows: [...quiet.windows, nightOf()] })}
            >
              {t("quiet.add")}
            </Button>
          </div>
          <Checkbox
            isSelected={quiet.critical_through ?? true}
            onChange={(on) => onChange({ ...quiet, critical_through: on })}
          >
            {t("quiet.critical")}
          </Checkbox>
        </Panel>
      )}
    </>
  );
}

interface WindowFieldsProps {
  window: Window;
  onChange: (part: Partial<Window>) => void;
  onRemove?: () => void;
}

function WindowFields({ window, onChange, onRemove }: WindowFieldsProps) {
  const { t } = useTranslation("alert-rules");
  const language = useAppearance((state) => state.language);
  const days = useMemo(() => {
    const name = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" });
    return DAYS.map((id, index) => ({ id, label: name.format(MONDAY + index * DAY_MS) }));
  }, [language]);
  return (
    <div className={styles.window}>
      <CheckboxGroup
        label={t("quiet.days")}
        options={days}
        selected={window.days}
        onChange={(ids) => ids.length > 0 && onChange({ days: ids })}
        isRow
      />
      <div className={styles.row}>
        <TimeField
          label={t("quiet.begins")}
          value={window.begins}
          onChange={(at) => at !== null && onChange({ begins: at })}
        />
        <TimeField
          label={t("quiet.ends")}
          value={window.ends}
          onChange={(at) => at !== null && onChange({ ends: at })}
        />
        {onRemove && <IconButton label={t("quiet.remove")} icon={<Trash2 aria-hidden />} onPress={onRemove} />}
      </div>
    </div>
  );
}
