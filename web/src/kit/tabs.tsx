// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Parts of one thing, one at a time. */
import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from "react-aria-components";

import { useFormat } from "@/lib/format";

import styles from "./tabs.module.css";

export interface TabItem<Id extends string = string> {
  id: Id;
  label: string;
  count?: number;
  icon?: ReactNode;
  isDisabled?: boolean;
  /** A place in the app: the tab is a link to it. */
  to?: string;
  /** What it shows; left out where `children` shows what is selected. */
  content?: ReactNode;
}

export interface TabsProps<Id extends string = string> {
  label: string;
  items: readonly TabItem<Id>[];
  selected?: Id;
  defaultSelected?: Id;
  onChange?: (id: Id) => void;
  /** The panel of the tab that is selected. */
  children?: ReactNode;
}

export function Tabs<Id extends string = string>({
  label,
  items,
  selected,
  defaultSelected,
  onChange,
  children,
}: TabsProps<Id>) {
  const format = useFormat();
  return (
    <AriaTabs
      selectedKey={selected}
      defaultSelectedKey={defaultSelected}
      onSelectionChange={(key) => onChange?.(key as Id)}
      className={styles.tabs}
    >
      <TabList aria-label={label} className={styles.list}>
        {items.map(({ id, label: text, count, icon, isDisabled, to }) => (
          <Tab key={id} id={id} href={to} isDisabled={isDisabled} className={styles.tab}>
            {icon}
            {text}
            {count !== undefined && <span className={styles.count}>{format.number(count)}</span>}
          </Tab>
        ))}
      </TabList>
      {items.map(({ id, content }) => (
        <TabPanel key={id} id={id} className={styles.panel}>
          {content ?? children}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
