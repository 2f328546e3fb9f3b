// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Actions, from a list that opens. */
import { ChevronDown, Ellipsis, Trash2 } from "lucide-react";
import { lazy, Suspense, type ReactNode } from "react";
import type { Placement } from "react-aria-components";

import { Button, IconButton, type ButtonSize, type ButtonVariant } from "./button";
import styles from "./menu-button.module.css";
import { useOpener } from "./use-opener";

const load = () => import("./menu-list");
const MenuBox = lazy(() => load().then((file) => ({ default: file.MenuBox })));

export interface MenuAction {
  id: string;
  label: string;
  description?: string;
  icon?: ReactNode;
  isDisabled?: boolean;
  /** Why it cannot be done now; said in the item. */
  reason?: string;
  isDanger?: boolean;
  onAction?: () => void;
  /** Instead of an action: a place in the app. */
  to?: string;
  /** A line above it. */
  startsGroup?: boolean;
}

/** What ends a thing, in the menu beside its name. */
export function deletion(label: string, onAction: () => void): MenuAction {
  return { id: "delete", label, icon: <Trash2 aria-hidden />, isDanger: true, onAction };
}

export interface MenuButtonProps {
  label: string;
  items: readonly MenuAction[];
  icon?: ReactNode;
  /** Three dots, or the icon, and the label as a tooltip. */
  isIconOnly?: boolean;
  variant?: ButtonVariant;
  size?: ButtonSize;
  isDisabled?: boolean;
  placement?: Placement;
}

export function MenuButton(props: MenuButtonProps) {
  const { label, items, icon, isIconOnly, variant, size, isDisabled, placement } = props;
  const { trigger, isOpen, setOpen, triggerRef } = useOpener({ kind: "menu", load });
  return (
    <>
      {isIconOnly ? (
        <IconButton
          {...trigger}
          label={label}
          icon={icon ?? <Ellipsis aria-hidden />}
          variant={variant ?? "quiet"}
          size={size}
          isDisabled={isDisabled}
        />
      ) : (
        <Button {...trigger} variant={variant ?? "secondary"} size={size} icon={icon} isDisabled={isDisabled}>
          {label} <ChevronDown aria-hidden className={styles.arrow} />
        </Button>
      )}
      {isOpen && (
        <Suspense>
          <MenuBox label={label} items={items} triggerRef={triggerRef} placement={placement} onOpenChange={setOpen} />
        </Suspense>
      )}
    </>
  );
}
