// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Things to press: buttons, and links that look like them. */
import type { ReactNode, Ref } from "react";
import {
  Button as AriaButton,
  Link as AriaLink,
  Toolbar as AriaToolbar,
  ToggleButton as AriaToggleButton,
  ToggleButtonGroup,
  type ButtonProps as AriaButtonProps,
  type Key,
  type LinkProps as AriaLinkProps,
  type ToggleButtonProps as AriaToggleButtonProps,
} from "react-aria-components";

import styles from "./button.module.css";
import { cx } from "./cx";
import { Tooltip } from "./tooltip";
import { Spinner } from "./progress";
import { useKitText } from "./text";

export type ButtonVariant = "primary" | "secondary" | "quiet" | "danger";
export type ButtonSize = "sm" | "md" | "lg";

interface Looks {
  variant?: ButtonVariant;
  size?: ButtonSize;
  /** In front of the text. */
  icon?: ReactNode;
  children?: ReactNode;
}

export interface ButtonProps extends Looks, Omit<AriaButtonProps, "children" | "className" | "style"> {
  /** As wide as what it stands in. */
  isWide?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

function lookOf(variant: ButtonVariant, size: ButtonSize): string {
  return cx(styles.button, styles[variant], size !== "md" && styles[size]);
}

export function Button({ variant = "secondary", size = "md", icon, isWide, children, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={cx(lookOf(variant, size), isWide && styles.wide)}>
      {({ isPending }) => (
        <>
          {isPending && <Pending />}
          <span className={cx(styles.content, isPending && styles.hidden)}>
            {icon}
            {children !== undefined && <span className={styles.text}>{children}</span>}
          </span>
        </>
      )}
    </AriaButton>
  );
}

function Pending() {
  const t = useKitText();
  return (
    <span className={styles.pending}>
      <Spinner label={t("pending")} />
    </span>
  );
}

export interface IconButtonProps extends Omit<AriaButtonProps, "children" | "className" | "style" | "aria-label"> {
  /** What it does: read out, and shown as a tooltip. */
  label: string;
  icon: ReactNode;
  variant?: ButtonVariant;
  size?: ButtonSize;
  /** Where the text stands beside it anyway. */
  hasTooltip?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({
  label,
  icon,
  variant = "quiet",
  size = "md",
  hasTooltip = true,
  ...rest
}: IconButtonProps) {
  const button = (
    <AriaButton {...rest} aria-label={label} className={cx(lookOf(variant, size), styles.icon)}>
      {({ isPending }) => (isPending ? <Pending /> : icon)}
    </AriaButton>
  );
  return hasTooltip ? <Tooltip text={label}>{button}</Tooltip> : button;
}

export interface LinkButtonProps extends Looks, Omit<AriaLinkProps, "children" | "className" | "style" | "href"> {
  /** A place in the app. */
  to?: string;
  /** An address elsewhere, or of a file. */
  href?: string;
  isWide?: boolean;
}

export function LinkButton({
  to,
  href,
  variant = "secondary",
  size = "md",
  icon,
  isWide,
  children,
  ...rest
}: LinkButtonProps) {
  return (
    <AriaLink {...rest} href={to ?? href} className={cx(lookOf(variant, size), isWide && styles.wide)}>
      <span className={styles.content}>
        {icon}
        {children !== undefined && <span className={styles.text}>{children}</span>}
      </span>
    </AriaLink>
  );
}

export interface TextLinkProps extends Omit<AriaLinkProps, "className" | "style" | "href"> {
  to?: string;
  href?: string;
  /** Takes the colour of the text around it; the line below it stays. */
  isQuiet?: boolean;
}

export function TextLink({ to, href, isQuiet, ...rest }: TextLinkProps) {
  return <AriaLink {...rest} href={to ?? href} className={cx(styles.link, isQuiet && styles.quietLink)} />;
}

export interface ToggleButtonProps extends Omit<AriaToggleButtonProps, "children" | "className" | "style"> {
  icon?: ReactNode;
  children?: ReactNode;
  size?: ButtonSize;
  /** Instead of a text, for a button that is only an icon. */
  label?: string;
}

export function ToggleButton({ icon, children, size = "md", label, ...rest }: ToggleButtonProps) {
  const isIcon = children === undefined;
  const button = (
    <AriaToggleButton
      {...rest}
      aria-label={label}
      className={cx(lookOf("secondary", size), styles.toggle, isIcon && styles.icon)}
    >
      <span className={styles.content}>
        {icon}
        {!isIcon && <span className={styles.text}>{children}</span>}
      </span>
    </AriaToggleButton>
  );
  return label ? <Tooltip text={label}>{button}</Tooltip> : button;
}

/** Buttons that belong together; arrow keys go from one to the next. */
export function ButtonGroup({ label, children }: { label: string; children: ReactNode }) {
  return (
    <AriaToolbar aria-label={label} className={styles.group}>
      {children}
    </AriaToolbar>
  );
}

export interface Segment<Id extends string = string> {
  id: Id;
  label: string;
  icon?: ReactNode;
}

export interface SegmentedControlProps<Id extends string> {
  label: string;
  segments: readonly Segment<Id>[];
  selected: Id;
  onChange: (id: Id) => void;
  size?: ButtonSize;
  /** Icons alone; their labels are read out and shown as tooltips. */
  isIconOnly?: boolean;
  isDisabled?: boolean;
}

/** One of a few, all of them in sight. */
export function SegmentedControl<Id extends string>(props: SegmentedControlProps<Id>) {
  const { label, segments, selected, onChange, size = "md", isIconOnly, isDisabled } = props;
  const choose = (keys: Set<Key>) => {
    const [first] = keys;
    if (first !== undefined) onChange(first as Id);
  };
  return (
    <ToggleButtonGroup
      aria-label={label}
      className={styles.segments}
      selectedKeys={[selected]}
      onSelectionChange={choose}
      disallowEmptySelection
      isDisabled={isDisabled}
    >
      {segments.map(({ id, label: text, icon }) => (
        <AriaToggleButton
          key={id}
          id={id}
          aria-label={isIconOnly ? text : undefined}
          className={cx(styles.button, styles.segment, size !== "md" && styles[size])}
        >
          {icon}
          {!isIconOnly && <span className={styles.text}>{text}</span>}
        </AriaToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
