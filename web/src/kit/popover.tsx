// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What appears beside something else. */
import { useContext, type ReactElement, type ReactNode } from "react";
import {
  DialogTrigger,
  OverlayTriggerStateContext,
  Popover as AriaPopover,
  Tooltip as AriaTooltip,
  TooltipTrigger,
  type PopoverProps as AriaPopoverProps,
  type Placement,
} from "react-aria-components";

import { cx } from "./cx";
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

/** The box alone, for parts that bring their own trigger. */
export function PopoverBox({ className, ...rest }: AriaPopoverProps & { className?: string }) {
  return <AriaPopover offset={6} containerPadding={8} {...rest} className={cx(styles.popover, className)} />;
}
