// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What every field has around it: a label, a description, and what is wrong with what was entered. */
import type { ReactNode } from "react";
import { FieldError, Label, Text } from "react-aria-components";

import { cx } from "./cx";
import styles from "./field.module.css";
import { useKitText } from "./text";

export interface FieldTexts {
  label: string;
  description?: ReactNode;
  /** What is wrong; beside it the form has the errors of the server, by the field's name. */
  error?: string | null;
  isRequired?: boolean;
  /** Only where what stands beside it says the same. */
  isLabelHidden?: boolean;
}

/** Errors that are told from outside must not hold up the form for ever: only the browser's own rules may. */
export function validityOf(error: string | null | undefined) {
  return error ? ({ isInvalid: true, validationBehavior: "aria" } as const) : {};
}

function FieldLabel({ label, isRequired, isLabelHidden }: Pick<FieldTexts, "label" | "isRequired" | "isLabelHidden">) {
  return (
    <Label className={cx(styles.label, isLabelHidden && "visually-hidden")}>
      {label}
      {isRequired && (
        <span aria-hidden className={styles.required}>
          *
        </span>
      )}
    </Label>
  );
}

export function FieldNotes({ description, error }: Pick<FieldTexts, "description" | "error">) {
  const t = useKitText();
  const explain = (details: ValidityState, told: string[]): string => {
    if (details.customError) return told.join(" ");
    if (details.valueMissing) return t("invalid.missing");
    if (details.typeMismatch) return t("invalid.type");
    if (details.rangeUnderflow || details.rangeOverflow) return t("invalid.range");
    if (details.tooLong) return t("invalid.long");
    if (details.tooShort) return t("invalid.short");
    return told.join(" ") || t("invalid.value");
  };
  return (
    <>
      {description && (
        <Text slot="description" className={styles.description}>
          {description}
        </Text>
      )}
      <FieldError className={styles.error}>
        {({ validationDetails, validationErrors }) => error ?? explain(validationDetails, validationErrors)}
      </FieldError>
    </>
  );
}

export function FieldFrame({ children, ...texts }: FieldTexts & { children: ReactNode }) {
  return (
    <>
      <FieldLabel {...texts} />
      {children}
      <FieldNotes {...texts} />
    </>
  );
}

/** Fields side by side where there is room. */
export function FieldRow({ children }: { children: ReactNode }) {
  return <div className={styles.row}>{children}</div>;
}

export { styles as fieldStyles };
