// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A button beside which something opens. What opens, and boxes at all, is code that is loaded when somebody comes near. */
import { useRef, useState, type RefObject } from "react";
import type { ButtonProps } from "react-aria-components";

export interface Opener {
  isOpen: boolean;
  setOpen: (isOpen: boolean) => void;
  triggerRef: RefObject<HTMLButtonElement | null>;
  /** For the button. */
  trigger: {
    ref: RefObject<HTMLButtonElement | null>;
    "aria-haspopup": "menu" | "dialog";
    "aria-expanded": boolean;
    onPress: () => void;
    onHoverStart: () => void;
    onFocus: () => void;
    onKeyDown: ButtonProps["onKeyDown"];
  };
}

export interface OpenerProps {
  kind: "menu" | "dialog";
  load: () => Promise<unknown>;
  /** Where somebody else decides. */
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

export function useOpener({ kind, load, isOpen: given, onOpenChange }: OpenerProps): Opener {
  const triggerRef = useRef<HTMLButtonElement>(null);
  const [own, setOwn] = useState(false);
  const setOpen = (next: boolean) => {
    setOwn(next);
    onOpenChange?.(next);
  };
  const isOpen = given ?? own;
  // what fails here is asked for again, and said, when it opens
  const prepare = () => void load().catch(() => undefined);
  return {
    isOpen,
    setOpen,
    triggerRef,
    trigger: {
      ref: triggerRef,
      "aria-haspopup": kind,
      "aria-expanded": isOpen,
      onPress: () => setOpen(true),
      onHoverStart: prepare,
      onFocus: prepare,
      onKeyDown: (event) => {
        if (kind === "menu" && event.key === "ArrowDown") setOpen(true);
        else event.continuePropagation(); // keys of the app are heard from here as well
      },
    },
  };
}
