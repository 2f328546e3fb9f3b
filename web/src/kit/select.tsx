// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One of several, from a list that opens. */
import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import {
  Button as AriaButton,
  ListBox,
  ListBoxItem,
  Select as AriaSelect,
  SelectValue,
  type Key,
} from "react-aria-components";

import { cx } from "./cx";
import { FieldFrame, fieldStyles, validityOf, type FieldTexts } from "./field";
import { PopoverBox } from "./popover-box";
import styles from "./select.module.css";
import { useKitText } from "./text";

export interface Option<Id extends string = string> {
  id: Id;
  label: string;
  description?: string;
  icon?: ReactNode;
  isDisabled?: boolean;
}

export interface SelectProps<Id extends string = string> extends FieldTexts {
  options: readonly Option<Id>[];
  selected?: Id | null;
  defaultSelected?: Id;
  onChange?: (id: Id) => void;
  placeholder?: string;
  name?: string;
  isDisabled?: boolean;
  autoFocus?: boolean;
}

export function Select<Id extends string = string>(props: SelectProps<Id>) {
  const { options, selected, defaultSelected, onChange, placeholder, name, isDisabled, autoFocus, ...texts } = props;
  const t = useKitText();
  const choose = (key: Key | null) => {
    if (key !== null) onChange?.(key as Id);
  };
  return (
    <AriaSelect
      name={name}
      value={selected}
      defaultValue={defaultSelected}
      onChange={choose}
      placeholder={placeholder ?? t("select.placeholder")}
      isDisabled={isDisabled}
      isRequired={texts.isRequired}
      autoFocus={autoFocus}
      {...validityOf(texts.error)}
      className={fieldStyles.field}
    >
      <FieldFrame {...texts}>
        <AriaButton className={cx(fieldStyles.box, styles.trigger)}>
          <SelectValue className={styles.value} />
          <ChevronDown aria-hidden className={styles.arrow} />
        </AriaButton>
      </FieldFrame>
      <PopoverBox className={styles.popover}>
        <OptionList options={options} />
      </PopoverBox>
    </AriaSelect>
  );
}

/** What is in the list; the part around it says what is selected. */
export function OptionList<Id extends string>({
  options,
  empty,
}: {
  options?: readonly Option<Id>[];
  empty?: ReactNode;
}) {
  return (
    <ListBox items={options} className={styles.list} renderEmptyState={() => empty}>
      {(option: Option<Id>) => <OptionItem option={option} />}
    </ListBox>
  );
}

export function OptionItem({ option }: { option: Option }) {
  const { id, label, description, icon, isDisabled } = option;
  return (
    <ListBoxItem id={id} textValue={label} isDisabled={isDisabled} className={styles.item}>
      {({ isSelected }) => (
        <>
          <span className={styles.check}>{isSelected && <Check aria-hidden />}</span>
          {icon && <span className={styles.icon}>{icon}</span>}
          <span className={styles.words}>
            <span className={styles.label}>{label}</span>
            {description && <span className={styles.description}>{description}</span>}
          </span>
        </>
      )}
    </ListBoxItem>
  );
}

export { styles as selectStyles };
