// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import type { ReactElement, ReactNode } from "react";
import { Tooltip as AriaTooltip, TooltipTrigger, type Placement } from "react-aria-components";

import styles from "./popover.module.css";

export interface TooltipProps {
  text: ReactNode;
  /** A part of the kit that can be focused. */
  children: ReactElement;
  placement?: Placement;
}

/** A hint that shows on hover and on focus. It must never be the only place where something is said. */
export function Tooltip({ text, children, placement = "top" }: TooltipProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      {children}
      <AriaTooltip placement={placement} offset={6} className={styles.tooltip}>
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
