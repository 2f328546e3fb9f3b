// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Facts about one thing: what they are called, and what they are. */
import type { ReactNode } from "react";

import { cx } from "./cx";
import styles from "./key-value.module.css";

export interface Fact {
  id?: string;
  label: string;
  value: ReactNode;
  /** Over the whole width. */
  isWide?: boolean;
}

export interface KeyValueProps {
  items: readonly Fact[];
  /** Label above its value, in as many columns as fit; or beside it, one below the other. */
  layout?: "grid" | "list";
}

export function KeyValue({ items, layout = "grid" }: KeyValueProps) {
  return (
    <dl className={cx(styles.facts, styles[layout])}>
      {items.map(({ id, label, value, isWide }) => (
        <div key={id ?? label} className={cx(styles.fact, isWide && styles.wide)}>
          <dt>{label}</dt>
          <dd>
            {value === null || value === undefined || value === "" ? <span className={styles.none}>–</span> : value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export interface TimelineItem {
  id: string;
  title: ReactNode;
  /** When; an Ago, or a time. */
  at: ReactNode;
  text?: ReactNode;
  icon?: ReactNode;
  tone?: "neutral" | "info" | "success" | "warning" | "danger";
}

/** What happened, in order. */
export function Timeline({ items, label }: { items: readonly TimelineItem[]; label: string }) {
  return (
    <ol className={styles.timeline} aria-label={label}>
      {items.map(({ id, title, at, text, icon, tone = "neutral" }) => (
        <li key={id} className={cx(styles.event, styles[tone])}>
          <span className={styles.mark}>{icon}</span>
          <div className={styles.words}>
            <p className={styles.head}>
              <span className={styles.title}>{title}</span>
              <span className={styles.at}>{at}</span>
            </p>
            {text && <div className={styles.text}>{text}</div>}
          </div>
        </li>
      ))}
    </ol>
  );
}
