// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** More, for whoever asks for it. */
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton, Disclosure as AriaDisclosure, DisclosurePanel, Heading } from "react-aria-components";

import styles from "./disclosure.module.css";

export interface DisclosureProps {
  title: ReactNode;
  /** At the end of the line, such as a Badge. */
  end?: ReactNode;
  children: ReactNode;
  isOpen?: boolean;
  defaultOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
  level?: 2 | 3 | 4;
}

export function Disclosure({ title, end, children, isOpen, defaultOpen, onOpenChange, level = 3 }: DisclosureProps) {
  return (
    <AriaDisclosure
      isExpanded={isOpen}
      defaultExpanded={defaultOpen}
      onExpandedChange={onOpenChange}
      className={styles.disclosure}
    >
      <div className={styles.head}>
        <Heading level={level} className={styles.heading}>
          <AriaButton slot="trigger" className={styles.trigger}>
            <ChevronRight aria-hidden className={styles.arrow} />
            {title}
          </AriaButton>
        </Heading>
        {end}
      </div>
      <DisclosurePanel>
        <div className={styles.content}>{children}</div>
      </DisclosurePanel>
    </AriaDisclosure>
  );
}
