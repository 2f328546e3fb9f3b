// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Fields of a command, as its schema has them. */
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import styles from "@/features/chargers/commands/commands.module.css";
import { emptyOf, type Field, type Values } from "@/features/chargers/commands/schema";
import { Button, DatePicker, IconButton, NumberField, Select, TextArea, TextField } from "@/kit";

interface FieldsProps {
  fields: readonly Field[];
  values: Values;
  /** Names in problems of the server begin with it. */
  path: string;
  onChange: (values: Values) => void;
}

export function SchemaFields({ fields, values, path, onChange }: FieldsProps) {
  return (
    <>
      {fields.map((field) => (
        <SchemaField
          key={field.name}
          field={field}
          path={`${path}.${field.name}`}
          value={values[field.name]}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
        />
      ))}
    </>
  );
}

interface FieldProps<Kind extends Field["kind"] = Field["kind"]> {
  field: Extract<Field, { kind: Kind }>;
  path: string;
  value: unknown;
  onChange: (value: unknown) => void;
}

const UNSET = "-";

function SchemaField({ field, path, value, onChange }: FieldProps) {
  const { t } = useTranslation("chargers");
  const { label, isRequired } = field;
  const usual = field.fallback !== undefined && field.fallback !== null && typeof field.fallback !== "object";
  const description =
    [field.description, usual && t("commands.usually", { value: String(field.fallback) })].filter(Boolean).join(" ") ||
    undefined;
  const common = { label, description, isRequired, name: path };
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  switch (field.kind) {
    case "text":
      return (
        <TextField {...common} value={text} onChange={onChange} maxLength={field.maxLength} isMono autoComplete="off" />
      );
    case "number":
      return (
        <NumberField
          {...common}
          hasSteps={false}
          value={typeof value === "number" ? value : null}
          minValue={field.min}
          maxValue={field.max}
          formatOptions={{ useGrouping: false, maximumFractionDigits: field.isWhole ? 0 : 6 }}
          onChange={(number) => onChange(number ?? undefined)}
        />
      );
    case "boolean":
      return (
        <Select
          {...common}
          options={[
            ...(isRequired ? [] : [{ id: UNSET, label: t("commands.unset") }]),
            { id: "true", label: t("commands.yes") },
            { id: "false", label: t("commands.no") },
          ]}
          selected={typeof value === "boolean" ? String(value) : isRequired ? null : UNSET}
          onChange={(id) => onChange(id === UNSET ? undefined : id === "true")}
        />
      );
    case "choice":
      return (
        <Select
          {...common}
          options={[
            ...(isRequired ? [] : [{ id: UNSET, label: t("commands.unset") }]),
            ...field.options.map((each) => ({ id: String(each), label: String(each) })),
          ]}
          selected={value === undefined ? (isRequired ? null : UNSET) : text}
          onChange={(id) => onChange(field.options.find((each) => String(each) === id))}
        />
      );
    case "instant":
      return (
        <DatePicker
          {...common}
          granularity="minute"
          value={text || null}
          onChange={(at) => onChange(at ?? undefined)}
        />
      );
    case "json":
      return <TextArea {...common} value={text} onChange={onChange} isMono rows={4} placeholder="{}" />;
    case "object":
      return <ObjectField field={field} path={path} value={value} onChange={onChange} />;
    case "list":
      return <ListField field={field} path={path} value={value} onChange={onChange} />;
  }
}

function ObjectField({ field, path, value, onChange }: FieldProps<"object">) {
  const { t } = useTranslation("chargers");
  const { label, isRequired, fields } = field;
  if (value === undefined) {
    return (
      <div>
        <Button size="sm" icon={<Plus aria-hidden />} onPress={() => onChange(emptyOf({ ...field, isRequired: true }))}>
          {t("commands.add", { name: label })}
        </Button>
      </div>
    );
  }
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>{label}</legend>
      {field.description && <p className={styles.text}>{field.description}</p>}
      <SchemaFields fields={fields} values={value as Values} path={path} onChange={onChange} />
      {!isRequired && (
        <div>
          <Button size="sm" variant="quiet" icon={<Trash2 aria-hidden />} onPress={() => onChange(undefined)}>
            {t("commands.remove", { name: label })}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

function ListField({ field, path, value, onChange }: FieldProps<"list">) {
  const { t } = useTranslation("chargers");
  const { label, item, max } = field;
  const items = Array.isArray(value) ? (value as unknown[]) : [];
  const change = (index: number, next: unknown) =>
    onChange(items.map((each, place) => (place === index ? next : each)));
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>{label}</legend>
      {field.description && <p className={styles.text}>{field.description}</p>}
      {items.map((each, index) => (
        <div key={index} className={styles.item}>
          <div className={styles.inside}>
            <SchemaField
              field={{ ...item, isRequired: true, label: t("commands.entry", { name: label, number: index + 1 }) }}
              path={`${path}.${index}`}
              value={each}
              onChange={(next) => change(index, next)}
            />
          </div>
          <IconButton
            size="sm"
            label={t("commands.removeEntry", { name: label, number: index + 1 })}
            icon={<Trash2 aria-hidden />}
            onPress={() => onChange(items.filter((_, place) => place !== index))}
          />
        </div>
      ))}
      {(max === undefined || items.length < max) && (
        <div>
          <Button
            size="sm"
            icon={<Plus aria-hidden />}
            onPress={() => onChange([...items, emptyOf({ ...item, isRequired: true })])}
          >
            {t("commands.addEntry")}
          </Button>
        </div>
      )}
    </fieldset>
  );
}
