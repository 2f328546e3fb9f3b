// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Yes or no, some of a few, one of a few. */
import { Check, Minus } from "lucide-react";
import type { ReactNode } from "react";
import {
  CheckboxButton,
  CheckboxField,
  CheckboxGroup as AriaCheckboxGroup,
  RadioButton,
  RadioField,
  RadioGroup as AriaRadioGroup,
  SwitchButton,
  SwitchField,
  Text,
} from "react-aria-components";

import styles from "./choice.module.css";
import { cx } from "./cx";
import { FieldFrame, FieldNotes, fieldStyles, validityOf, type FieldTexts } from "./field";
import type { Option } from "./select";

export interface CheckboxProps {
  children: ReactNode;
  description?: ReactNode;
  error?: string | null;
  isSelected?: boolean;
  defaultSelected?: boolean;
  /** Some of what it stands for is chosen. */
  isIndeterminate?: boolean;
  isDisabled?: boolean;
  isRequired?: boolean;
  onChange?: (isSelected: boolean) => void;
  name?: string;
  /** What is sent if it is chosen; within a CheckboxGroup, its id. */
  value?: string;
}

export function Checkbox({ children, description, error, ...rest }: CheckboxProps) {
  return (
    <CheckboxField {...rest} {...validityOf(error)} className={styles.choice}>
      <CheckboxButton className={styles.line}>
        {({ isSelected, isIndeterminate }) => (
          <>
            <span className={styles.box}>
              {isIndeterminate ? <Minus aria-hidden /> : isSelected ? <Check aria-hidden /> : null}
            </span>
            <span className={styles.text}>{children}</span>
          </>
        )}
      </CheckboxButton>
      <div className={styles.notes}>
        <FieldNotes description={description} error={error} />
      </div>
    </CheckboxField>
  );
}

interface GroupProps<Id extends string> extends FieldTexts {
  options: readonly Option<Id>[];
  name?: string;
  isDisabled?: boolean;
  /** Beside each other, where there is room. */
  isRow?: boolean;
}

export interface CheckboxGroupProps<Id extends string = string> extends GroupProps<Id> {
  selected?: readonly Id[];
  defaultSelected?: Id[];
  onChange?: (ids: Id[]) => void;
}

export function CheckboxGroup<Id extends string = string>(props: CheckboxGroupProps<Id>) {
  const { options, selected, defaultSelected, onChange, name, isDisabled, isRow, ...texts } = props;
  return (
    <AriaCheckboxGroup
      name={name}
      value={selected as string[] | undefined}
      defaultValue={defaultSelected}
      onChange={(ids) => onChange?.(ids as Id[])}
      isDisabled={isDisabled}
      isRequired={texts.isRequired}
      {...validityOf(texts.error)}
      className={fieldStyles.field}
    >
      <FieldFrame {...texts}>
        <div className={cx(styles.options, isRow && styles.row)}>
          {options.map(({ id, label, description, isDisabled: off }) => (
            <Checkbox key={id} value={id} description={description} isDisabled={off}>
              {label}
            </Checkbox>
          ))}
        </div>
      </FieldFrame>
    </AriaCheckboxGroup>
  );
}

export interface RadioGroupProps<Id extends string = string> extends GroupProps<Id> {
  selected?: Id | null;
  defaultSelected?: Id;
  onChange?: (id: Id) => void;
}

export function RadioGroup<Id extends string = string>(props: RadioGroupProps<Id>) {
  const { options, selected, defaultSelected, onChange, name, isDisabled, isRow, ...texts } = props;
  return (
    <AriaRadioGroup
      name={name}
      value={selected}
      defaultValue={defaultSelected}
      onChange={(id) => onChange?.(id as Id)}
      isDisabled={isDisabled}
      isRequired={texts.isRequired}
      orientation={isRow ? "horizontal" : "vertical"}
      {...validityOf(texts.error)}
      className={fieldStyles.field}
    >
      <FieldFrame {...texts}>
        <div className={cx(styles.options, isRow && styles.row)}>
          {options.map(({ id, label, description, isDisabled: off }) => (
            <RadioField key={id} value={id} isDisabled={off} className={styles.choice}>
              <RadioButton className={styles.line}>
                <span className={cx(styles.box, styles.round)} />
                <span className={styles.text}>{label}</span>
              </RadioButton>
              {description && (
                <Text slot="description" className={cx(styles.notes, fieldStyles.description)}>
                  {description}
                </Text>
              )}
            </RadioField>
          ))}
        </div>
      </FieldFrame>
    </AriaRadioGroup>
  );
}

export interface SwitchProps {
  children: ReactNode;
  description?: ReactNode;
  isSelected?: boolean;
  defaultSelected?: boolean;
  isDisabled?: boolean;
  onChange?: (isSelected: boolean) => void;
  name?: string;
}

/** For what holds at once; what is sent with a form later is a Checkbox. */
export function Switch({ children, description, ...rest }: SwitchProps) {
  return (
    <SwitchField {...rest} className={styles.choice}>
      <SwitchButton className={styles.line}>
        <span className={styles.rail}>
          <span className={styles.knob} />
        </span>
        <span className={styles.text}>{children}</span>
      </SwitchButton>
      {description && (
        <Text slot="description" className={cx(styles.notes, styles.afterRail, fieldStyles.description)}>
          {description}
        </Text>
      )}
    </SwitchField>
  );
}
