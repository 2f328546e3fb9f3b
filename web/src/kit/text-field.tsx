// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Fields for words: one line, many lines, passwords, searches. */
import { Eye, EyeOff, Search, X } from "lucide-react";
import { useState, type ReactNode, type Ref } from "react";
import {
  Button as AriaButton,
  Group,
  Input,
  SearchField as AriaSearchField,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  ToggleButton as AriaToggleButton,
  type SearchFieldProps as AriaSearchFieldProps,
  type TextFieldProps as AriaTextFieldProps,
} from "react-aria-components";

import { cx } from "./cx";
import { FieldFrame, fieldStyles as styles, validityOf, type FieldTexts } from "./field";
import { useKitText } from "./text";

type Own = "children" | "className" | "style" | "isInvalid" | "isRequired";

export interface TextFieldProps extends FieldTexts, Omit<AriaTextFieldProps, Own> {
  placeholder?: string;
  icon?: ReactNode;
  /** Behind the text, such as a unit or a button of the kit. */
  suffix?: ReactNode;
  /** For codes and identities. */
  isMono?: boolean;
  inputRef?: Ref<HTMLInputElement>;
}

export function TextField(props: TextFieldProps) {
  const { label, description, error, isLabelHidden, placeholder, icon, suffix, isMono, inputRef, ...rest } = props;
  const texts = { label, description, error, isLabelHidden, isRequired: rest.isRequired };
  return (
    <AriaTextField {...rest} {...validityOf(error)} className={styles.field}>
      <FieldFrame {...texts}>
        <Group className={styles.box}>
          {icon && <span className={styles.before}>{icon}</span>}
          <Input ref={inputRef} placeholder={placeholder} className={cx(styles.input, isMono && styles.mono)} />
          {suffix && <span className={cx(styles.after, typeof suffix === "string" && styles.unit)}>{suffix}</span>}
        </Group>
      </FieldFrame>
    </AriaTextField>
  );
}

export interface TextAreaProps extends FieldTexts, Omit<AriaTextFieldProps, Own | "type"> {
  placeholder?: string;
  rows?: number;
  isMono?: boolean;
  inputRef?: Ref<HTMLTextAreaElement>;
}

export function TextArea(props: TextAreaProps) {
  const { label, description, error, isLabelHidden, placeholder, rows = 4, isMono, inputRef, ...rest } = props;
  const texts = { label, description, error, isLabelHidden, isRequired: rest.isRequired };
  return (
    <AriaTextField {...rest} {...validityOf(error)} className={styles.field}>
      <FieldFrame {...texts}>
        <Group className={styles.box}>
          <AriaTextArea
            ref={inputRef}
            rows={rows}
            placeholder={placeholder}
            className={cx(styles.input, styles.area, isMono && styles.mono)}
          />
        </Group>
      </FieldFrame>
    </AriaTextField>
  );
}

export interface PasswordFieldProps extends FieldTexts, Omit<AriaTextFieldProps, Own | "type"> {
  inputRef?: Ref<HTMLInputElement>;
}

/** Pasting and password managers are welcome (WCAG 3.3.8): say by `autoComplete` whose password it is. */
export function PasswordField(props: PasswordFieldProps) {
  const { label, description, error, isLabelHidden, inputRef, ...rest } = props;
  const t = useKitText();
  const [isShown, setShown] = useState(false);
  const texts = { label, description, error, isLabelHidden, isRequired: rest.isRequired };
  return (
    <AriaTextField {...rest} {...validityOf(error)} type={isShown ? "text" : "password"} className={styles.field}>
      <FieldFrame {...texts}>
        <Group className={styles.box}>
          <Input ref={inputRef} spellCheck="false" autoCapitalize="none" className={styles.input} />
          <AriaToggleButton
            aria-label={t("password.show")}
            isSelected={isShown}
            onChange={setShown}
            isDisabled={rest.isDisabled}
            className={styles.inside}
          >
            {isShown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
          </AriaToggleButton>
        </Group>
      </FieldFrame>
    </AriaTextField>
  );
}

export interface SearchFieldProps extends FieldTexts, Omit<AriaSearchFieldProps, Own> {
  placeholder?: string;
  inputRef?: Ref<HTMLInputElement>;
}

export function SearchField(props: SearchFieldProps) {
  const { label, description, error, isLabelHidden, placeholder, inputRef, ...rest } = props;
  const t = useKitText();
  const texts = { label, description, error, isLabelHidden };
  return (
    <AriaSearchField {...rest} {...validityOf(error)} className={styles.field}>
      {({ isEmpty }) => (
        <FieldFrame {...texts}>
          <Group className={styles.box}>
            <span className={styles.before}>
              <Search aria-hidden />
            </span>
            <Input ref={inputRef} placeholder={placeholder} className={styles.input} />
            {!isEmpty && (
              <AriaButton aria-label={t("search.clear")} className={styles.inside}>
                <X aria-hidden />
              </AriaButton>
            )}
          </Group>
        </FieldFrame>
      )}
    </AriaSearchField>
  );
}
