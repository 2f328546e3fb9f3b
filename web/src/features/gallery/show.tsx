// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The frame around what is shown. */
import type { ReactNode } from "react";

import styles from "./gallery.module.css";

export function Show({ title, children, isWide }: { title: string; children: ReactNode; isWide?: boolean }) {
  return (
    <section className={isWide ? styles.wide : styles.show}>
      <h2 className={styles.title}>{title}</h2>
      <div className={styles.things}>{children}</div>
    </section>
  );
}

export function Line({ children }: { children: ReactNode }) {
  return <div className={styles.line}>{children}</div>;
}

export function Columns({ children }: { children: ReactNode }) {
  return <div className={styles.columns}>{children}</div>;
}
