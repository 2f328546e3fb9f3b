// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** That something is under way, and how far. */
import { useId, type CSSProperties, type ReactNode } from "react";
import { Label, Meter as AriaMeter, ProgressBar as AriaProgressBar } from "react-aria-components";

import { useFormat } from "@/lib/format";

import { cx } from "./cx";
import styles from "./progress.module.css";
import { useKitText } from "./text";

export interface SkeletonProps {
  /** Of text: as many lines. */
  lines?: number;
  variant?: "text" | "block" | "circle";
  /** CSS lengths, such as 12rem or var(--row). */
  width?: string;
  height?: string;
}

/** The place of what is being loaded. It shows after 150 ms, so that what is quick does not flicker. */
export function Skeleton({ lines = 1, variant = "text", width, height }: SkeletonProps) {
  const style: CSSProperties = { inlineSize: width, blockSize: height };
  if (variant !== "text") return <span aria-hidden className={cx(styles.skeleton, styles[variant])} style={style} />;
  return (
    <span aria-hidden className={styles.lines} style={{ inlineSize: width }}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className={cx(styles.skeleton, styles.line)} style={{ blockSize: height }} />
      ))}
    </span>
  );
}

/** Around what is being loaded: says so once, to whoever cannot see the skeletons in it. */
export function Loading({ children, label }: { children: ReactNode; label?: string }) {
  const t = useKitText();
  return (
    <div aria-busy="true" className={styles.loading}>
      <span role="status" className="visually-hidden">
        {label ?? t("loading")}
      </span>
      {children}
    </div>
  );
}

export function Spinner({ label, size = "md" }: { label?: string; size?: "md" | "lg" }) {
  const t = useKitText();
  return (
    <AriaProgressBar
      isIndeterminate
      aria-label={label ?? t("loading")}
      className={cx(styles.spinner, size === "lg" && styles.large)}
    >
      <svg viewBox="0 0 24 24" fill="none" aria-hidden>
        <circle cx="12" cy="12" r="9" className={styles.ring} />
        <path d="M12 3a9 9 0 0 1 9 9" className={styles.arc} />
      </svg>
    </AriaProgressBar>
  );
}

export interface ProgressBarProps {
  label: string;
  /** Between 0 and `max`; without it nobody knows how far it is. */
  value?: number;
  max?: number;
  /** What to say instead of a percentage, such as "12 of 200". */
  valueText?: string;
  isLabelHidden?: boolean;
  tone?: "accent" | "success" | "danger";
}

export function ProgressBar({ label, value, max = 100, valueText, isLabelHidden, tone = "accent" }: ProgressBarProps) {
  const format = useFormat();
  const shown = value === undefined ? undefined : (valueText ?? format.percent(value / max, 0));
  return (
    <AriaProgressBar
      className={styles.bar}
      value={value}
      maxValue={max}
      isIndeterminate={value === undefined}
      valueLabel={shown}
    >
      {({ percentage }) => (
        <>
          <span className={cx(styles.caption, isLabelHidden && "visually-hidden")}>
            <Label>{label}</Label>
            {shown !== undefined && <span className="numbers">{shown}</span>}
          </span>
          <span className={styles.track}>
            <span
              className={cx(styles.fill, styles[tone], value === undefined && styles.endless)}
              style={value === undefined ? undefined : { inlineSize: `${percentage}%` }}
            />
          </span>
        </>
      )}
    </AriaProgressBar>
  );
}

/** As ProgressBar; where its label is hidden, the numbers stand below it all the same. */
export function CountedProgress(props: ProgressBarProps & { valueText: string }) {
  return (
    <span className={styles.counted}>
      <ProgressBar {...props} />
      {props.isLabelHidden && <span className={styles.number}>{props.valueText}</span>}
    </span>
  );
}

export interface MeterProps {
  label: string;
  value: number;
  min?: number;
  max: number;
  /** The value as people read it, with its unit. */
  valueText?: string;
  /** From here on it is shown as a warning, and from `high` on as a danger. */
  elevated?: number;
  high?: number;
  isLabelHidden?: boolean;
}

/** How much of something is used. */
export function Meter({ label, value, min = 0, max, valueText, elevated, high, isLabelHidden }: MeterProps) {
  const t = useKitText();
  const format = useFormat();
  const id = useId();
  const level =
    high !== undefined && value >= high ? "danger" : elevated !== undefined && value >= elevated ? "warning" : "accent";
  const number = valueText ?? format.percent((value - min) / (max - min || 1), 0);
  const shown = level === "accent" ? number : t("meter.level", { value: number, level: t(`meter.${level}`) });
  return (
    <AriaMeter
      className={styles.bar}
      value={value}
      minValue={min}
      maxValue={max}
      valueLabel={shown}
      aria-describedby={id}
    >
      {({ percentage }) => (
        <>
          <span className={cx(styles.caption, isLabelHidden && "visually-hidden")}>
            <Label>{label}</Label>
            <span id={id} className="numbers">
              {shown}
            </span>
          </span>
          <span className={styles.track}>
            <span className={cx(styles.fill, styles[level])} style={{ inlineSize: `${percentage}%` }} />
          </span>
        </>
      )}
    </AriaMeter>
  );
}
