// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Days picked from a calendar, or typed. */
import {
  endOfMonth,
  getLocalTimeZone,
  startOfMonth,
  today,
  type CalendarDate,
  type DateValue,
} from "@internationalized/date";
import { CalendarDays } from "lucide-react";
import { useState } from "react";
import {
  Button as AriaButton,
  DatePicker as AriaDatePicker,
  DateRangePicker as AriaDateRangePicker,
  Group,
} from "react-aria-components";

import { useFormat } from "@/lib/format";

import { Button } from "./button";
import { OneCalendar, SpanCalendar } from "./calendar";
import { cx } from "./cx";
import { dayOf, momentOf, Segments } from "./date-field";
import styles from "./date-picker.module.css";
import { FieldFrame, fieldStyles, validityOf, type FieldTexts } from "./field";
import { PopoverBox } from "./popover-box";
import { useKitText } from "./text";
import { useNarrow } from "./use-narrow";

export interface DatePickerProps extends FieldTexts {
  /** 2026-11-29; with `granularity` minute a moment such as 2026-11-29T04:00:00Z. */
  value?: string | null;
  onChange?: (value: string | null) => void;
  granularity?: "day" | "minute";
  /** Of moments: whose clock they are shown by; otherwise the reader's. */
  zone?: string;
  min?: string;
  max?: string;
  name?: string;
  isDisabled?: boolean;
}

export function DatePicker(props: DatePickerProps) {
  const { value, onChange, granularity = "day", zone, min, max, name, isDisabled, ...texts } = props;
  const format = useFormat();
  const isDay = granularity === "day";
  const read = (text: string | null | undefined): DateValue | null =>
    isDay ? dayOf(text) : momentOf(text, zone ?? format.zone);
  const written = (date: DateValue | null): string | null => {
    if (!date) return null;
    return isDay ? date.toString() : date.toDate(zone ?? format.zone).toISOString();
  };
  return (
    <AriaDatePicker<DateValue>
      name={name}
      granularity={granularity}
      value={value === undefined ? undefined : read(value)}
      onChange={(date) => onChange?.(written(date))}
      minValue={read(min)}
      maxValue={read(max)}
      isDisabled={isDisabled}
      isRequired={texts.isRequired}
      {...validityOf(texts.error)}
      className={fieldStyles.field}
    >
      <FieldFrame {...texts}>
        <Group className={cx(fieldStyles.box, styles.box)}>
          <Segments />
          <Opener />
        </Group>
      </FieldFrame>
      <PopoverBox aria-label={texts.label}>
        <OneCalendar />
      </PopoverBox>
    </AriaDatePicker>
  );
}

function Opener() {
  return (
    <AriaButton className={cx(fieldStyles.inside, styles.opener)}>
      <CalendarDays aria-hidden />
    </AriaButton>
  );
}

/** Days, both included. */
export interface DateRange {
  from: string;
  to: string;
}

export type DatePreset = "today" | "days7" | "days30" | "thisMonth" | "lastMonth";

const PRESETS: DatePreset[] = ["today", "days7", "days30", "thisMonth", "lastMonth"];

/** The days that a preset means, in a time zone, as of now. */
export function rangeOf(preset: DatePreset, zone: string = getLocalTimeZone()): DateRange {
  const now = today(zone);
  const before = now.subtract({ months: 1 });
  const spans: Record<DatePreset, [CalendarDate, CalendarDate]> = {
    today: [now, now],
    days7: [now.subtract({ days: 6 }), now],
    days30: [now.subtract({ days: 29 }), now],
    thisMonth: [startOfMonth(now), endOfMonth(now)],
    lastMonth: [startOfMonth(before), endOfMonth(before)],
  };
  const [from, to] = spans[preset];
  return { from: from.toString(), to: to.toString() };
}

export interface DateRangePickerProps extends FieldTexts {
  value: DateRange | null;
  onChange: (value: DateRange | null) => void;
  zone?: string;
  min?: string;
  max?: string;
  isDisabled?: boolean;
  presets?: DatePreset[];
}

export function DateRangePicker({
  value,
  onChange,
  zone,
  min,
  max,
  isDisabled,
  presets = PRESETS,
  ...texts
}: DateRangePickerProps) {
  const t = useKitText();
  const format = useFormat();
  const isNarrow = useNarrow();
  const [isOpen, setOpen] = useState(false);
  const from = dayOf(value?.from);
  const to = dayOf(value?.to);
  const take = (preset: DatePreset) => {
    onChange(rangeOf(preset, zone ?? format.zone));
    setOpen(false);
  };
  return (
    <AriaDateRangePicker<CalendarDate>
      value={from && to ? { start: from, end: to } : null}
      onChange={(span) => onChange(span ? { from: span.start.toString(), to: span.end.toString() } : null)}
      isOpen={isOpen}
      onOpenChange={setOpen}
      minValue={dayOf(min)}
      maxValue={dayOf(max)}
      isDisabled={isDisabled}
      isRequired={texts.isRequired}
      {...validityOf(texts.error)}
      className={fieldStyles.field}
    >
      <FieldFrame {...texts}>
        <Group className={cx(fieldStyles.box, styles.box)}>
          <span className={styles.span}>
            <Segments slot="start" />
            <span aria-hidden>–</span>
            <Segments slot="end" />
          </span>
          <Opener />
        </Group>
      </FieldFrame>
      <PopoverBox aria-label={texts.label} className={styles.wide}>
        <div className={styles.beside}>
          <div role="group" aria-label={t("date.presets")} className={styles.presets}>
            {presets.map((preset) => (
              <Button key={preset} variant="quiet" size="sm" slot={null} onPress={() => take(preset)}>
                {t(`date.${preset}`)}
              </Button>
            ))}
          </div>
          <SpanCalendar months={isNarrow ? 1 : 2} />
        </div>
      </PopoverBox>
    </AriaDateRangePicker>
  );
}
