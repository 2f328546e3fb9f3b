// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Views of one list, each an address of its own: they look like tabs, and are links. */
import { Link } from "react-aria-components";

import { useFormat } from "@/lib/format";

import styles from "./tabs.module.css";

export interface LinkTab<Id extends string = string> {
  id: Id;
  label: string;
  count?: number;
  to: string;
}

export interface LinkTabsProps<Id extends string = string> {
  label: string;
  items: readonly LinkTab<Id>[];
  selected: Id;
}

export function LinkTabs<Id extends string>({ label, items, selected }: LinkTabsProps<Id>) {
  const format = useFormat();
  return (
    <nav aria-label={label} className={styles.list}>
      {items.map(({ id, label: text, count, to }) => (
        <Link
          key={id}
          href={to}
          aria-current={id === selected ? "page" : undefined}
          data-selected={id === selected || undefined}
          className={styles.tab}
        >
          {text}
          {count !== undefined && <span className={styles.count}>{format.number(count)}</span>}
        </Link>
      ))}
    </nav>
  );
}
