// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How a screen is laid out. */
import type { ReactNode } from "react";

import { PageHeader, type PageHeaderProps } from "./page-header";
import styles from "./page.module.css";

/** A screen: its head, and its parts below each other. */
export function Page({ children, ...head }: PageHeaderProps & { children: ReactNode }) {
  return (
    <div className={styles.page}>
      <PageHeader {...head} />
      {children}
    </div>
  );
}

/** What is below each other and close, such as filters and their list. */
export function Panel({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <div className={styles.panel} role={label ? "group" : undefined} aria-label={label}>
      {children}
    </div>
  );
}

/** What is beside each other where there is room. */
export function Columns({ children }: { children: ReactNode }) {
  return <div className={styles.columns}>{children}</div>;
}
