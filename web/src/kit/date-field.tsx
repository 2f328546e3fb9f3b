// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Days and times, typed part by part in the order of the reader's language. */
import {
  parseAbsolute,
  parseDate,
  parseTime,
  type CalendarDate,
  type Time,
  type ZonedDateTime,
} from "@internationalized/date";
import { DateField as AriaDateField, DateInput, DateSegment, TimeField as AriaTimeField } from "react-aria-components";

import { cx } from "./cx";
import styles from "./date-field.module.css";
import { FieldFrame, fieldStyles, validityOf, type FieldTexts } from "./field";

/** As the server writes it: 2026-11-29. */
export function dayOf(text: string | null | undefined): CalendarDate | null {
  return text ? parseDate(text.slice(0, "2026-11-29".length)) : null;
}

/** A moment such as 2026-11-29T04:00:00Z, seen in a time zone. */
export function momentOf(text: string | null | undefined, zone: string): ZonedDateTime | null {
  return text ? parseAbsolute(text, zone) : null;
}

export interface DateFieldProps extends FieldTexts {
  /** 2026-11-29 */
  value?: string | null;
  defaultValue?: string;
  onChange?: (value: string | null) => void;
  min?: string;
  max?: string;
  name?: string;
  isDisabled?: boolean;
}

export function DateField({ value, defaultValue, onChange, min, max, name, isDisabled, ...texts }: DateFieldProps) {
  return (
    <AriaDateField<CalendarDate>
      name={name}
      value={value === undefined ? undefined : dayOf(value)}
      defaultValue={dayOf(defaultValue)}
      onChange={(day) => onChange?.(day?.toString() ?? null)}
      minValue={dayOf(min)}
      maxValue={dayOf(max)}
      isDisabled={isDisabled}
      isRequired={texts.isRequired}
      {...validityOf(texts.error)}
      className={fieldStyles.field}
    >
      <FieldFrame {...texts}>
        <Segments isBox />
      </FieldFrame>
    </AriaDateField>
  );
}

export interface TimeFieldProps extends FieldTexts {
  /** 18:30 */
  value?: string | null;
  defaultValue?: string;
  onChange?: (value: string | null) => void;
  name?: string;
  isDisabled?: boolean;
}

function timeOf(text: string | null | undefined): Time | null {
  return text ? parseTime(text) : null;
}

export function TimeField({ value, defaultValue, onChange, name, isDisabled, ...texts }: TimeFieldProps) {
  return (
    <AriaTimeField<Time>
      name={name}
      value={value === undefined ? undefined : timeOf(value)}
      defaultValue={timeOf(defaultValue)}
      onChange={(time) => onChange?.(time?.toString().slice(0, "18:30".length) ?? null)}
      isDisabled={isDisabled}
      isRequired={texts.isRequired}
      {...validityOf(texts.error)}
      className={fieldStyles.field}
    >
      <FieldFrame {...texts}>
        <Segments isBox />
      </FieldFrame>
    </AriaTimeField>
  );
}

/** The parts of one date; `isBox` draws the box of a field around them. */
export function Segments({ isBox, slot }: { isBox?: boolean; slot?: "start" | "end" }) {
  return (
    <DateInput slot={slot} className={cx(styles.segments, isBox && fieldStyles.box)}>
      {(segment) => <DateSegment segment={segment} className={styles.segment} />}
    </DateInput>
  );
}
