// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Months to pick days from. */
import { ChevronLeft, ChevronRight } from "lucide-react";
import {
  Calendar as AriaCalendar,
  Button as AriaButton,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  CalendarHeading,
  RangeCalendar,
} from "react-aria-components";

import styles from "./calendar.module.css";
import { cx } from "./cx";

function Months({ months }: { months: number }) {
  return (
    <div className={styles.months}>
      {Array.from({ length: months }, (_, index) => (
        <div key={index}>
          <div className={styles.head}>
            {index === 0 ? <Turn to="previous" /> : <span className={styles.gap} />}
            <CalendarHeading offset={{ months: index }} className={styles.heading} />
            {index === months - 1 ? <Turn to="next" /> : <span className={styles.gap} />}
          </div>
          <CalendarGrid offset={{ months: index }} weekdayStyle="short" className={styles.grid}>
            <CalendarGridHeader>
              {(day) => <CalendarHeaderCell className={styles.weekday}>{day}</CalendarHeaderCell>}
            </CalendarGridHeader>
            <CalendarGridBody>{(date) => <CalendarCell date={date} className={styles.day} />}</CalendarGridBody>
          </CalendarGrid>
        </div>
      ))}
    </div>
  );
}

function Turn({ to }: { to: "previous" | "next" }) {
  const Icon = to === "previous" ? ChevronLeft : ChevronRight;
  return (
    <AriaButton slot={to} className={styles.turn}>
      <Icon aria-hidden />
    </AriaButton>
  );
}

/** Within a DatePicker, which tells it what is picked. */
export function OneCalendar() {
  return (
    <AriaCalendar className={cx(styles.calendar, styles.one)}>
      <Months months={1} />
    </AriaCalendar>
  );
}

export function SpanCalendar({ months }: { months: number }) {
  return (
    <RangeCalendar visibleDuration={{ months }} className={styles.calendar}>
      <Months months={months} />
    </RangeCalendar>
  );
}
