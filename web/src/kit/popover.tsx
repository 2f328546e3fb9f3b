// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What appears beside something else. */
import { useContext, type ReactElement, type ReactNode } from "react";
import { DialogTrigger, OverlayTriggerStateContext, type Placement } from "react-aria-components";

import { cx } from "./cx";
import { PopoverBox } from "./popover-box";
import styles from "./popover.module.css";

export interface PopoverProps {
  /** What is pressed to open it: a Button or an IconButton. */
  trigger: ReactElement;
  /** Names it to whoever cannot see it. */
  label: string;
  children: ReactNode | ((close: () => void) => ReactNode);
  placement?: Placement;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
  hasPadding?: boolean;
}

export function Popover({
  trigger,
  label,
  children,
  placement,
  isOpen,
  onOpenChange,
  hasPadding = true,
}: PopoverProps) {
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={onOpenChange}>
      {trigger}
      <PopoverBox
        aria-label={label}
        placement={placement ?? "bottom start"}
        className={cx(hasPadding && styles.padded)}
      >
        {typeof children === "function" ? <WithClose>{children}</WithClose> : children}
      </PopoverBox>
    </DialogTrigger>
  );
}

function WithClose({ children }: { children: (close: () => void) => ReactNode }) {
  const state = useContext(OverlayTriggerStateContext);
  return <>{children(() => state?.close())}</>;
}
