// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The box that opens beside something, for parts that bring their own trigger. */
import { Popover, type PopoverProps } from "react-aria-components";

import { cx } from "./cx";
import styles from "./popover.module.css";

export function PopoverBox({ className, ...rest }: PopoverProps & { className?: string }) {
  return <Popover offset={6} containerPadding={8} {...rest} className={cx(styles.popover, className)} />;
}
