// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Something to know about the whole screen, or about the part it stands in. */
import { X } from "lucide-react";
import type { ReactNode } from "react";

import styles from "./banner.module.css";
import { IconButton } from "./button";
import { cx } from "./cx";
import { useKitText } from "./text";
import { ToneIcon, type Tone } from "./tone";

export interface BannerProps {
  tone?: Tone;
  title: ReactNode;
  children?: ReactNode;
  /** A button, or a few. */
  action?: ReactNode;
  onClose?: () => void;
  /** Read out at once, when it appears after the screen: `alert` interrupts. */
  live?: "status" | "alert" | "off";
}

export function Banner({ tone = "info", title, children, action, onClose, live }: BannerProps) {
  const t = useKitText();
  const role = live ?? (tone === "danger" ? "alert" : "status");
  return (
    <div role={role === "off" ? undefined : role} className={cx(styles.banner, styles[tone])}>
      <span className={styles.icon}>
        <ToneIcon tone={tone} label={t(`tone.${tone}`)} />
      </span>
      <div className={styles.words}>
        <p className={styles.title}>{title}</p>
        {children && <div className={styles.text}>{children}</div>}
      </div>
      {action && <div className={styles.action}>{action}</div>}
      {onClose && <IconButton label={t("dismiss")} size="sm" icon={<X aria-hidden />} onPress={onClose} />}
    </div>
  );
}
