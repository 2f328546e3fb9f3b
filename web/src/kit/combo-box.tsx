// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One, or some, of many: found by typing. */
import { ChevronDown } from "lucide-react";
import { useContext, useMemo, useState, type KeyboardEvent, type ReactNode } from "react";
import {
  Button as AriaButton,
  ComboBox as AriaComboBox,
  ComboBoxStateContext,
  Group,
  Input,
  type Key,
} from "react-aria-components";

import { Chip } from "./badge";
import styles from "./combo-box.module.css";
import { cx } from "./cx";
import { FieldFrame, fieldStyles, validityOf, type FieldTexts } from "./field";
import { PopoverBox } from "./popover-box";
import { OptionList, selectStyles, type Option } from "./select";
import { useKitText } from "./text";
import { useOptions, type LoadOptions } from "./use-options";

interface Common<Id extends string> extends FieldTexts {
  /** All of them; or `load`, which asks for those that fit. */
  options?: readonly Option<Id>[];
  load?: LoadOptions<Id>;
  placeholder?: string;
  isDisabled?: boolean;
  name?: string;
}

/** What is offered was chosen by the server already. */
const all = () => true;

interface FrameProps {
  texts: FieldTexts;
  placeholder?: string;
  children?: ReactNode;
  isMulti?: boolean;
}

function Frame({ texts, placeholder, children, isMulti }: FrameProps) {
  const state = useContext(ComboBoxStateContext);
  // React Aria takes Tab for Enter: of several, what is chosen already and looked at would be taken away in passing
  const passOver = ({ key }: KeyboardEvent) => {
    if (isMulti && key === "Tab") state?.selectionManager.setFocusedKey(null);
  };
  return (
    <FieldFrame {...texts}>
      {children}
      <Group className={fieldStyles.box} onKeyDownCapture={passOver}>
        <Input placeholder={placeholder} className={fieldStyles.input} />
        <AriaButton className={fieldStyles.inside}>
          <ChevronDown aria-hidden />
        </AriaButton>
      </Group>
    </FieldFrame>
  );
}

function List<Id extends string>({
  options,
  state,
}: {
  options?: readonly Option<Id>[];
  state: "ready" | "loading" | "failed";
}) {
  const t = useKitText();
  const words = { ready: t("combo.empty"), loading: t("combo.loading"), failed: t("combo.failed") }[state];
  return (
    <PopoverBox className={cx(selectStyles.popover, state === "loading" && styles.busy)}>
      <OptionList options={options} empty={words} />
    </PopoverBox>
  );
}

export interface ComboBoxProps<Id extends string = string> extends Common<Id> {
  /** With `load`, the option itself, since the list may not have it. */
  selected?: Id | Option<Id> | null;
  onChange?: (id: Id | null, option: Option<Id> | null) => void;
}

export function ComboBox<Id extends string = string>(props: ComboBoxProps<Id>) {
  const { options: fixed, load, selected, onChange, placeholder, isDisabled, name, ...texts } = props;
  const known = typeof selected === "object" ? selected : (fixed?.find(({ id }) => id === selected) ?? null);
  const [text, setText] = useState(known?.label ?? "");
  const [query, setQuery] = useState<string | null>(null);
  const [last, setLast] = useState(known?.id);
  const { options, state } = useOptions(fixed, load, query);
  if (known?.id !== last) {
    setLast(known?.id);
    setText(known?.label ?? "");
  }
  const offered = useMemo(
    () => (known && load && !options.some(({ id }) => id === known.id) ? [known, ...options] : options),
    [known, load, options],
  );
  const choose = (key: Key | null) => {
    const option = offered.find(({ id }) => id === key) ?? null;
    onChange?.(option?.id ?? null, option);
  };
  const type = (value: string) => {
    setText(value);
    setQuery(value === known?.label ? "" : value);
    if (value === "" && known) onChange?.(null, null);
  };
  return (
    <AriaComboBox
      name={name}
      {...(fixed ? { defaultItems: offered } : { items: offered, defaultFilter: all })}
      value={known?.id ?? null}
      onChange={choose}
      inputValue={text}
      onInputChange={type}
      onOpenChange={(isOpen) => isOpen && setQuery((asked) => asked ?? "")}
      allowsEmptyCollection
      menuTrigger="focus"
      isDisabled={isDisabled}
      isRequired={texts.isRequired}
      {...validityOf(texts.error)}
      className={fieldStyles.field}
    >
      <Frame texts={texts} placeholder={placeholder} />
      <List options={fixed ? undefined : offered} state={state} />
    </AriaComboBox>
  );
}

export interface MultiSelectProps<Id extends string = string> extends Common<Id> {
  /** With `load`, the options themselves. */
  selected: readonly (Id | Option<Id>)[];
  onChange: (ids: Id[], options: Option<Id>[]) => void;
}

export function MultiSelect<Id extends string = string>(props: MultiSelectProps<Id>) {
  const { options: fixed, load, selected, onChange, placeholder, isDisabled, name, ...texts } = props;
  const t = useKitText();
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const { options, state } = useOptions(fixed, load, isOpen ? text : null);
  const chosen = selected.map((each) =>
    typeof each === "object" ? each : (fixed?.find(({ id }) => id === each) ?? { id: each, label: each }),
  );
  const change = (ids: readonly Key[]) => {
    const found = ids.flatMap((key) => [...chosen, ...options].find(({ id }) => id === key) ?? []);
    onChange(
      found.map(({ id }) => id),
      found,
    );
    setText(""); // what was looked for is found: the next is typed from the beginning
  };
  const missing = load ? chosen.filter(({ id }) => !options.some((option) => option.id === id)) : [];
  const offered = [...options, ...missing]; // what was looked for comes first
  return (
    <AriaComboBox<Option<Id>, "multiple">
      name={name}
      selectionMode="multiple"
      {...(fixed ? { defaultItems: offered } : { items: offered, defaultFilter: all })}
      value={chosen.map(({ id }) => id)}
      onChange={change}
      inputValue={text}
      onInputChange={setText}
      onOpenChange={setOpen}
      allowsEmptyCollection
      menuTrigger="focus"
      isDisabled={isDisabled}
      isRequired={texts.isRequired}
      {...validityOf(texts.error)}
      className={fieldStyles.field}
    >
      <Frame texts={texts} placeholder={placeholder} isMulti>
        {chosen.length > 0 && (
          <ul className={styles.chips} aria-label={t("multi.chosen", { label: texts.label })}>
            {chosen.map(({ id, label }) => (
              <li key={id}>
                <Chip
                  onRemove={
                    isDisabled ? undefined : () => change(chosen.map((each) => each.id).filter((each) => each !== id))
                  }
                >
                  {label}
                </Chip>
              </li>
            ))}
          </ul>
        )}
      </Frame>
      <List options={fixed ? undefined : offered} state={state} />
    </AriaComboBox>
  );
}
