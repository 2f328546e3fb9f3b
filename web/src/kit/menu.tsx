// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Actions, from a list that opens. */
import { ChevronDown, Ellipsis } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { Menu, MenuItem, MenuTrigger, Separator, type MenuItemProps, type Placement } from "react-aria-components";

import { Button, IconButton, type ButtonSize, type ButtonVariant } from "./button";
import { cx } from "./cx";
import styles from "./menu.module.css";
import { PopoverBox } from "./popover";

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
  const trigger = isIconOnly ? (
    <IconButton
      label={label}
      icon={icon ?? <Ellipsis aria-hidden />}
      variant={variant ?? "quiet"}
      size={size}
      isDisabled={isDisabled}
    />
  ) : (
    <Button variant={variant ?? "secondary"} size={size} icon={icon} isDisabled={isDisabled}>
      {label} <ChevronDown aria-hidden className={styles.arrow} />
    </Button>
  );
  return <ActionMenu trigger={trigger} items={items} placement={placement} />;
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
  <div {...(props as React.ComponentProps<"div">)} aria-disabled="true" />
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
