// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where one filter is set. */
import { useState, type FormEvent, type ReactNode, type RefObject } from "react";

import { Button } from "./button";
import { CheckboxGroup, RadioGroup } from "./choice";
import { DateRangePicker } from "./date-picker";
import { FieldRow } from "./field";
import styles from "./filter-bar.module.css";
import type { DateSpan, FilterDefinition, FilterValue, NumberSpan } from "./filters";
import { NumberField } from "./number-field";
import { PopoverBox } from "./popover-box";
import { useKitText } from "./text";
import { SearchField, TextField } from "./text-field";
import { useOptions } from "./use-options";

interface EditorProps<Kind extends FilterDefinition["kind"] = FilterDefinition["kind"]> {
  filter: Extract<FilterDefinition, { kind: Kind }>;
  value: FilterValue | undefined;
  onDraft: (value: FilterValue | undefined) => void;
}

export interface FilterEditorProps {
  filter: FilterDefinition;
  value: FilterValue | undefined;
  onApply: (value: FilterValue | undefined) => void;
  label: string;
  triggerRef: RefObject<Element | null>;
  onOpenChange: (isOpen: boolean) => void;
  className?: string;
}

/** Nothing is asked of the server before it is applied. */
export function FilterEditor({
  filter,
  value,
  onApply,
  label,
  triggerRef,
  onOpenChange,
  className,
}: FilterEditorProps) {
  const t = useKitText();
  const [draft, setDraft] = useState(value);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    onApply(draft);
  };
  return (
    <PopoverBox
      triggerRef={triggerRef}
      isOpen
      onOpenChange={onOpenChange}
      placement="bottom start"
      aria-label={label}
      className={className}
    >
      <form onSubmit={apply} className={styles.editor}>
        {inputOf(filter, draft, setDraft)}
        <Button type="submit" variant="primary" size="sm">
          {t("filter.apply")}
        </Button>
      </form>
    </PopoverBox>
  );
}

function inputOf(
  filter: FilterDefinition,
  value: FilterValue | undefined,
  onDraft: (value: FilterValue | undefined) => void,
): ReactNode {
  switch (filter.kind) {
    case "text":
      return (
        <TextField
          autoFocus
          label={filter.label}
          placeholder={filter.placeholder}
          value={(value as string) ?? ""}
          onChange={onDraft}
        />
      );
    case "options":
      return <OptionsEditor filter={filter} value={value} onDraft={onDraft} />;
    case "boolean":
      return <BooleanEditor filter={filter} value={value} onDraft={onDraft} />;
    case "date_range":
      return <DatesEditor filter={filter} value={value} onDraft={onDraft} />;
    case "number_range":
      return <NumbersEditor filter={filter} value={value} onDraft={onDraft} />;
  }
}

const MANY = 8;

function OptionsEditor({ filter, value, onDraft }: EditorProps<"options">) {
  const t = useKitText();
  const [text, setText] = useState("");
  const chosen = (value as readonly string[] | undefined) ?? [];
  const wanted = text.trim().toLocaleLowerCase();
  const isFinding = filter.find !== undefined && wanted !== "";
  const found = useOptions(undefined, filter.find, isFinding ? text.trim() : null);
  const shown = isFinding
    ? found.options
    : filter.options.filter(({ label }) => label.toLocaleLowerCase().includes(wanted));
  const change = (ids: string[]) => {
    const hidden = chosen.filter((id) => !shown.some((option) => option.id === id));
    onDraft([...hidden, ...ids]);
  };
  return (
    <>
      {filter.options.length > MANY && <SearchField label={t("filter.find")} value={text} onChange={setText} />}
      {isFinding && shown.length === 0 ? (
        <p role="status">{t(`combo.${found.state === "ready" ? "empty" : found.state}`)}</p>
      ) : (
        <div className={styles.options}>
          <CheckboxGroup
            label={filter.label}
            options={shown}
            selected={chosen.filter((id) => shown.some((option) => option.id === id))}
            onChange={change}
          />
        </div>
      )}
    </>
  );
}

function BooleanEditor({ filter, value, onDraft }: EditorProps<"boolean">) {
  const t = useKitText();
  const options = [
    { id: "yes", label: filter.yes ?? t("filter.yes") },
    { id: "no", label: filter.no ?? t("filter.no") },
  ];
  const selected = value === undefined ? null : value ? "yes" : "no";
  return (
    <RadioGroup label={filter.label} options={options} selected={selected} onChange={(id) => onDraft(id === "yes")} />
  );
}

function DatesEditor({ filter, value, onDraft }: EditorProps<"date_range">) {
  const { from, to } = (value as DateSpan | undefined) ?? {};
  return (
    <DateRangePicker
      label={filter.label}
      value={from && to ? { from, to } : null}
      onChange={(span) => onDraft(span ?? undefined)}
    />
  );
}

function NumbersEditor({ filter, value, onDraft }: EditorProps<"number_range">) {
  const t = useKitText();
  const span = (value as NumberSpan | undefined) ?? {};
  const change = (part: NumberSpan) => onDraft({ ...span, ...part });
  return (
    <fieldset className={styles.numbers}>
      <legend className={styles.legend}>{filter.label}</legend>
      <FieldRow>
        <NumberField
          autoFocus
          label={t("filter.min")}
          unit={filter.unit}
          hasSteps={false}
          value={span.min ?? null}
          onChange={(min) => change({ min: min ?? undefined })}
        />
        <NumberField
          label={t("filter.max")}
          unit={filter.unit}
          hasSteps={false}
          value={span.max ?? null}
          onChange={(max) => change({ max: max ?? undefined })}
        />
      </FieldRow>
    </fieldset>
  );
}
