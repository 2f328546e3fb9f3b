// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The head of a screen: where it is, what it is, what can be done. */
import { useEffect, type ReactNode } from "react";

import { Breadcrumbs, type Crumb } from "./breadcrumbs";
import styles from "./page-header.module.css";

export interface PageHeaderProps {
  title: string;
  /** Beside the title, such as a StatusBadge. */
  status?: ReactNode;
  description?: ReactNode;
  breadcrumbs?: readonly Crumb[];
  actions?: ReactNode;
  /** Left out where another part of the screen names the tab of the browser. */
  setsDocumentTitle?: boolean;
}

export function PageHeader({
  title,
  status,
  description,
  breadcrumbs,
  actions,
  setsDocumentTitle = true,
}: PageHeaderProps) {
  useEffect(() => {
    if (setsDocumentTitle) document.title = title;
  }, [title, setsDocumentTitle]);
  return (
    <header className={styles.header}>
      {breadcrumbs && breadcrumbs.length > 0 && <Breadcrumbs items={breadcrumbs} />}
      <div className={styles.line}>
        <div className={styles.titles}>
          <div className={styles.name}>
            <h1>{title}</h1>
            {status}
          </div>
          {description && <p className={styles.description}>{description}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
    </header>
  );
}

/** A row of controls above a list. */
export function Toolbar({ children, end, label }: { children?: ReactNode; end?: ReactNode; label?: string }) {
  return (
    <div className={styles.toolbar} role={label ? "group" : undefined} aria-label={label}>
      <div className={styles.toolbarStart}>{children}</div>
      {end && <div className={styles.toolbarEnd}>{end}</div>}
    </div>
  );
}
