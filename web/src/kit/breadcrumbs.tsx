// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The way down to where one is. */
import { ChevronRight } from "lucide-react";
import { Link } from "react-aria-components";

import styles from "./breadcrumbs.module.css";
import { useKitText } from "./text";

export interface Crumb {
  label: string;
  /** Left out for the screen itself. */
  to?: string;
}

export function Breadcrumbs({ items }: { items: readonly Crumb[] }) {
  const t = useKitText();
  return (
    <nav aria-label={t("breadcrumbs")}>
      <ol className={styles.list}>
        {items.map(({ label, to }, index) => (
          <li key={`${index}-${label}`} className={styles.crumb}>
            {index > 0 && <ChevronRight aria-hidden className={styles.arrow} />}
            {to ? (
              <Link href={to} className={styles.link}>
                {label}
              </Link>
            ) : (
              <span aria-current="page">{label}</span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
