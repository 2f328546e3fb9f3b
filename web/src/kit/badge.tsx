// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Small signs with a word in them. */
import {
  Ban,
  CalendarClock,
  CircleAlert,
  CircleCheck,
  CircleX,
  Info,
  TriangleAlert,
  WifiOff,
  X,
  Zap,
} from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";

import { Ago } from "./ago";
import styles from "./badge.module.css";
import { cx } from "./cx";
import { useKitText } from "./text";
import type { Tone } from "./tone";

export interface BadgeProps {
  children: ReactNode;
  tone?: Tone | "neutral";
  icon?: ReactNode;
}

export function Badge({ children, tone = "neutral", icon }: BadgeProps) {
  return (
    <span className={cx(styles.badge, styles[tone])}>
      {icon}
      <span className={styles.text}>{children}</span>
    </span>
  );
}

export type StatusFamily = "available" | "in_use" | "reserved" | "unavailable" | "faulted" | "offline";

const FAMILIES = {
  available: CircleCheck,
  in_use: Zap,
  reserved: CalendarClock,
  unavailable: Ban,
  faulted: TriangleAlert,
  offline: WifiOff,
};

export interface StatusBadgeProps {
  family: StatusFamily;
  /** The exact status, such as "Suspended by the car"; otherwise the family's name. */
  label?: string;
  /** Since when. */
  since?: string | null;
  size?: "sm" | "md";
}

export function StatusBadge({ family, label, since, size = "md" }: StatusBadgeProps) {
  const t = useKitText();
  const Icon = FAMILIES[family];
  return (
    <span className={cx(styles.badge, styles[family], size === "sm" && styles.small)}>
      <Icon aria-hidden />
      <span className={styles.text}>{label ?? t(`status.${family}`)}</span>
      {since && (
        <span className={styles.since}>
          <Ago at={since} />
        </span>
      )}
    </span>
  );
}

export type Severity = "critical" | "major" | "minor" | "warning" | "info";

const SEVERITIES = {
  critical: { icon: CircleX, tone: "danger" },
  major: { icon: CircleAlert, tone: "danger" },
  minor: { icon: TriangleAlert, tone: "warning" },
  warning: { icon: TriangleAlert, tone: "warning" },
  info: { icon: Info, tone: "info" },
} as const;

export function SeverityBadge({ severity }: { severity: Severity }) {
  const t = useKitText();
  const { icon: Icon, tone } = SEVERITIES[severity];
  return (
    <span className={cx(styles.badge, styles[tone], severity === "critical" && styles.filled)}>
      <Icon aria-hidden />
      <span className={styles.text}>{t(`severity.${severity}`)}</span>
    </span>
  );
}

export interface ChipProps {
  children: ReactNode;
  icon?: ReactNode;
  onRemove?: () => void;
  /** What is removed, for whoever cannot see what stands beside the button. */
  removeLabel?: string;
}

export function Chip({ children, icon, onRemove, removeLabel }: ChipProps) {
  const t = useKitText();
  const name = removeLabel ?? (typeof children === "string" ? t("removeNamed", { name: children }) : t("remove"));
  return (
    <span className={cx(styles.chip, onRemove && styles.removable)}>
      {icon}
      <span className={styles.text}>{children}</span>
      {onRemove && (
        <AriaButton aria-label={name} onPress={onRemove} className={styles.remove}>
          <X aria-hidden />
        </AriaButton>
      )}
    </span>
  );
}

export interface LiveDotProps {
  state: "live" | "connecting" | "lost" | "paused";
  label?: string;
  /** On a phone the sign alone, whose form differs as well; the word is read out all the same. */
  isTight?: boolean;
}

/** Whether what is shown is the present: green and steady, or not. */
export function LiveDot({ state, label, isTight }: LiveDotProps) {
  const t = useKitText();
  return (
    <span className={styles.live}>
      <span aria-hidden className={cx(styles.dot, styles[`dot-${state}`])} />
      <span className={cx(isTight && styles.word)}>{label ?? t(`live.${state}`)}</span>
    </span>
  );
}
