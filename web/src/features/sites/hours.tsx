// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** When a site is open: shown, and edited. */
import { Plus, Trash2 } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { allDay, kindOf, WEEK, type Hours, type HoursKind } from "@/features/sites/model";
import styles from "@/features/sites/sites.module.css";
import { Button, IconButton, KeyValue, RadioGroup, Select, TimeField } from "@/kit";
import { useAppearance } from "@/lib/appearance";

const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MOST = 50;
const MIDNIGHT = "00:00";
const KINDS: HoursKind[] = ["unknown", "always", "some", "never"];

/** A time of a clock, on some Monday. */
function instantOf(text: string): number {
  const [hour = 0, minute = 0] = text.split(":").map(Number);
  return MONDAY + (hour * 60 + minute) * MINUTE_MS;
}

function useNames() {
  const language = useAppearance((state) => state.language);
  return useMemo(() => {
    const day = new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" });
    const time = new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone: "UTC" });
    return {
      day: (weekday: number) => day.format(MONDAY + (weekday - 1) * DAY_MS),
      /** From when to when, as times of a clock. */
      span: ({ begin, end }: Hours) =>
        time.formatRange(instantOf(begin), instantOf(end) - (end === "24:00" ? MINUTE_MS : 0)),
    };
  }, [language]);
}

export function OpeningHours({ hours }: { hours: readonly Hours[] | null }) {
  const { t } = useTranslation("sites");
  const names = useNames();
  const kind = kindOf(hours);
  if (hours === null || kind !== "some") return <p className={styles.plain}>{t(`hours.${kind}`)}</p>;
  return (
    <KeyValue
      layout="list"
      items={WEEK.map((day) => ({
        label: names.day(day),
        value:
          hours
            .filter(({ weekday }) => weekday === day)
            .map(names.span)
            .join(", ") || t("hours.closed"),
      }))}
    />
  );
}

interface HoursEditorProps {
  hours: Hours[] | null;
  onChange: (hours: Hours[] | null) => void;
  kind: HoursKind;
  onKind: (kind: HoursKind) => void;
}

export function HoursEditor({ hours, onChange, kind, onKind }: HoursEditorProps) {
  const { t } = useTranslation("sites");
  const names = useNames();
  const rows = hours ?? [];
  const choose = (next: HoursKind) => {
    onKind(next);
    if (next === "unknown") onChange(null);
    else if (next === "always") onChange(allDay());
    else if (next === "never") onChange([]);
    else if (kind !== "some") onChange([1, 2, 3, 4, 5].map((weekday) => ({ weekday, begin: "08:00", end: "18:00" })));
  };
  const change = (at: number, part: Partial<Hours>) =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...part } : row)));
  const days = WEEK.map((day) => ({ id: String(day), label: names.day(day) }));
  return (
    <>
      <RadioGroup
        label={t("form.hours")}
        options={KINDS.map((id) => ({ id, label: t(`hours.${id}`) }))}
        selected={kind}
        onChange={choose}
      />
      {kind === "some" && (
        <div className={styles.hours} role="group" aria-label={t("form.hours")}>
          {rows.map((row, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- rows have no other name, and are controlled
            <div key={index} className={styles.span}>
              <Select
                label={t("form.day")}
                options={days}
                selected={String(row.weekday)}
                onChange={(id) => change(index, { weekday: Number(id) })}
              />
              <TimeField
                label={t("form.opens")}
                value={row.begin}
                onChange={(begin) => begin !== null && change(index, { begin })}
              />
              <TimeField
                label={t("form.closes")}
                value={row.end === "24:00" ? MIDNIGHT : row.end}
                onChange={(end) => end !== null && change(index, { end: end === MIDNIGHT ? "24:00" : end })}
              />
              <IconButton
                label={t("form.removeHours", { day: names.day(row.weekday) })}
                icon={<Trash2 aria-hidden />}
                onPress={() => onChange(rows.filter((_, at) => at !== index))}
              />
            </div>
          ))}
          <Button
            size="sm"
            icon={<Plus aria-hidden />}
            isDisabled={rows.length >= MOST}
            onPress={() =>
              onChange([...rows, { weekday: ((rows.at(-1)?.weekday ?? 0) % 7) + 1, begin: "08:00", end: "18:00" }])
            }
          >
            {t("form.addHours")}
          </Button>
          <p className="soft">{t("form.hoursText")}</p>
        </div>
      )}
    </>
  );
}
