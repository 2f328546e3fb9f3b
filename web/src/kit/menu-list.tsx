// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The list of actions itself, and the box that it stands in. */
import type { ComponentProps, ReactElement, RefObject } from "react";
import { Menu, MenuItem, MenuTrigger, Separator, type MenuItemProps, type Placement } from "react-aria-components";

import { cx } from "./cx";
import type { MenuAction } from "./menu";
import styles from "./menu.module.css";
import { PopoverBox } from "./popover-box";

export interface MenuBoxProps {
  label: string;
  items: readonly MenuAction[];
  triggerRef: RefObject<Element | null>;
  placement?: Placement;
  onOpenChange: (isOpen: boolean) => void;
}

/** Beside a button that is no part of a MenuTrigger. */
export function MenuBox({ label, items, triggerRef, placement = "bottom end", onOpenChange }: MenuBoxProps) {
  return (
    <PopoverBox
      triggerRef={triggerRef}
      trigger="MenuTrigger"
      isOpen
      onOpenChange={onOpenChange}
      placement={placement}
      aria-label={label}
      className={styles.popover}
    >
      <ActionList items={items} label={label} onClose={() => onOpenChange(false)} />
    </PopoverBox>
  );
}

export interface ActionMenuProps {
  trigger: ReactElement;
  items: readonly MenuAction[];
  placement?: Placement;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

/** The same with another trigger. */
export function ActionMenu({ trigger, items, placement = "bottom end", isOpen, onOpenChange }: ActionMenuProps) {
  return (
    <MenuTrigger isOpen={isOpen} onOpenChange={onOpenChange}>
      {trigger}
      <PopoverBox placement={placement} className={styles.popover}>
        <ActionList items={items} />
      </PopoverBox>
    </MenuTrigger>
  );
}

export interface ActionListProps {
  items: readonly MenuAction[];
  label?: string;
  /** Where no MenuTrigger closes it. */
  onClose?: () => void;
}

export function ActionList({ items, label, onClose }: ActionListProps) {
  return (
    <Menu autoFocus={onClose ? "first" : undefined} className={styles.menu} aria-label={label} onClose={onClose}>
      {items.flatMap((item) => [
        item.startsGroup && <Separator key={`${item.id}-line`} className={styles.line} />,
        <ActionItem key={item.id} item={item} />,
      ])}
    </Menu>
  );
}

/** An item that cannot be chosen keeps its place among the arrow keys, so that its reason can be read. */
const unavailable: MenuItemProps["render"] = (props) => (
  <div {...(props as ComponentProps<"div">)} aria-disabled="true" />
);

function ActionItem({ item }: { item: MenuAction }) {
  const { id, label, icon, isDisabled, reason, isDanger, onAction, to } = item;
  const note = isDisabled ? (reason ?? item.description) : item.description;
  return (
    <MenuItem
      id={id}
      textValue={label}
      href={isDisabled ? undefined : to}
      onAction={isDisabled ? undefined : onAction}
      shouldCloseOnSelect={!isDisabled}
      render={isDisabled ? unavailable : undefined}
      className={cx(styles.item, isDanger && styles.danger, isDisabled && styles.disabled)}
    >
      {icon && <span className={styles.icon}>{icon}</span>}
      <span className={styles.words}>
        <span>{label}</span>
        {note && <span className={styles.note}>{note}</span>}
      </span>
    </MenuItem>
  );
}
