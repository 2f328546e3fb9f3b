// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Numbers: typed, stepped, or slid. */
import { Minus, Plus } from "lucide-react";
import {
  Button as AriaButton,
  Group,
  Input,
  Label,
  NumberField as AriaNumberField,
  Slider as AriaSlider,
  SliderFill,
  SliderOutput,
  SliderThumb,
  SliderTrack,
  type NumberFieldProps as AriaNumberFieldProps,
} from "react-aria-components";

import { useFormat } from "@/lib/format";

import { cx } from "./cx";
import { FieldNotes, fieldStyles, validityOf, type FieldTexts } from "./field";
import styles from "./number-field.module.css";

type Own = "children" | "className" | "style" | "isInvalid" | "isRequired" | "value" | "onChange";

export interface NumberFieldProps extends FieldTexts, Omit<AriaNumberFieldProps, Own> {
  value?: number | null;
  /** null: the field is empty. */
  onChange?: (value: number | null) => void;
  /** Its sign, such as kW. */
  unit?: string;
  hasSteps?: boolean;
  placeholder?: string;
}

export function NumberField(props: NumberFieldProps) {
  const {
    label,
    description,
    error,
    isLabelHidden,
    unit,
    hasSteps = true,
    placeholder,
    value,
    onChange,
    ...rest
  } = props;
  return (
    <AriaNumberField
      {...rest}
      value={value === null ? NaN : value}
      onChange={(number) => onChange?.(Number.isNaN(number) ? null : number)}
      {...validityOf(error)}
      className={fieldStyles.field}
    >
      <Label className={cx(fieldStyles.label, isLabelHidden && "visually-hidden")}>
        {label}
        {unit && <span className="visually-hidden"> ({unit})</span>}
        {rest.isRequired && (
          <span aria-hidden className={fieldStyles.required}>
            *
          </span>
        )}
      </Label>
      <Group className={fieldStyles.box}>
        <Input placeholder={placeholder} className={cx(fieldStyles.input, "numbers")} />
        {unit && (
          <span aria-hidden className={cx(fieldStyles.after, fieldStyles.unit)}>
            {unit}
          </span>
        )}
        {hasSteps && (
          <>
            <AriaButton slot="decrement" className={fieldStyles.inside}>
              <Minus aria-hidden />
            </AriaButton>
            <AriaButton slot="increment" className={fieldStyles.inside}>
              <Plus aria-hidden />
            </AriaButton>
          </>
        )}
      </Group>
      <FieldNotes description={description} error={error} />
    </AriaNumberField>
  );
}

export interface SliderProps {
  label: string;
  value?: number;
  defaultValue?: number;
  onChange?: (value: number) => void;
  /** When the hand is taken off it. */
  onChangeEnd?: (value: number) => void;
  min?: number;
  max?: number;
  step?: number;
  /** The value as people read it, with its unit. */
  valueText?: (value: number) => string;
  isDisabled?: boolean;
}

export function Slider({ label, min = 0, max = 100, valueText, ...rest }: SliderProps) {
  const format = useFormat();
  const words = valueText ?? format.number;
  return (
    <AriaSlider {...rest} minValue={min} maxValue={max} className={styles.slider}>
      <Label className={fieldStyles.label}>{label}</Label>
      <SliderOutput className={cx(styles.output, "numbers")}>
        {({ state }) => words(state.values[0] ?? min)}
      </SliderOutput>
      <SliderTrack className={styles.track}>
        {({ state }) => (
          <>
            <span className={styles.rail}>
              <SliderFill className={styles.fill} />
            </span>
            <SliderThumb className={styles.thumb} aria-valuetext={words(state.values[0] ?? min)} />
          </>
        )}
      </SliderTrack>
    </AriaSlider>
  );
}
