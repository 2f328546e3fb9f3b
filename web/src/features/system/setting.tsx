// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One setting: the field that fits it, what it means, and its default. */
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import { listOrganizations } from "@/api/sdk.gen";
import { ROLES, type SettingField } from "@/features/system/sections";
import styles from "@/features/system/system.module.css";
import { CheckboxGroup, DatePicker, NumberField, Select, Switch, TextField, TextLink, type Option } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const UNSET = "unset";

/** What fields and their values are called. */
export function useSettingWords(section: string) {
  const { t } = useTranslation("system");
  const format = useFormat();
  const label = useCallback(
    (name: string) => t(`sections.${section}.${name}.label`, { defaultValue: name }),
    [t, section],
  );
  const words = useCallback(
    (field: SettingField, value: unknown): string => {
      if (value === null || value === undefined || value === "") return t(`settings.unset.${unsetOf(field)}`);
      const text = typeof value === "string" ? value : JSON.stringify(value);
      switch (field.kind) {
        case "number":
          return t(`settings.units.${field.unit}`, { count: Number(value) });
        case "choice":
          return t(`sections.${section}.${field.name}.options.${text}`, { defaultValue: text });
        case "truth":
          return t(value ? "settings.on" : "settings.off");
        case "roles": {
          const roles = (value as string[]).map((role) => t(`roles.${role}`, { defaultValue: role }));
          return roles.length ? format.list(roles) : t("settings.unset.roles");
        }
        case "instant":
          return format.exact(text);
        case "organization":
          return text;
      }
    },
    [t, section, format],
  );
  return { label, words };
}

/** What it means where nothing is set. */
function unsetOf({ kind }: SettingField): "variable" | "roles" | "atOnce" | "only" {
  return kind === "instant" ? "atOnce" : kind === "roles" ? "roles" : kind === "organization" ? "only" : "variable";
}

interface SettingProps {
  section: string;
  field: SettingField;
  value: unknown;
  preset: unknown;
  isChanged: boolean;
  onChange: (value: unknown) => void;
}

export function Setting({ section, field, value, preset, isChanged, onChange }: SettingProps) {
  const { t } = useTranslation("system");
  const { label: labelOf, words } = useSettingWords(section);
  const label = labelOf(field.name);
  const description = (
    <>
      {t(`sections.${section}.${field.name}.text`)}
      {isChanged && (
        <>
          {" "}
          <span>{t("settings.default", { value: words(field, preset) })}</span>{" "}
          <TextLink onPress={() => onChange(preset ?? null)}>{t("settings.toDefault")}</TextLink>
        </>
      )}
    </>
  );
  const common = { label, description };
  switch (field.kind) {
    case "number":
      return (
        <NumberField
          {...common}
          name={field.name}
          value={typeof value === "number" ? value : null}
          onChange={onChange}
          minValue={field.min}
          maxValue={field.max}
          isRequired={!field.isNullable}
          placeholder={field.isNullable ? t("settings.unset.variable") : undefined}
          unit={t(`settings.signs.${field.unit}`)}
          hasSteps={field.unit !== "seconds"}
        />
      );
    case "choice": {
      const options: Option[] = [
        ...(field.isNullable ? [{ id: UNSET, label: t("settings.unset.variable") }] : []),
        ...field.options.map((id) => ({ id, label: t(`sections.${section}.${field.name}.options.${id}`) })),
      ];
      return (
        <Select
          {...common}
          options={options}
          selected={typeof value === "string" ? value : UNSET}
          onChange={(id) => onChange(id === UNSET ? null : id)}
        />
      );
    }
    case "truth":
      return (
        <Switch isSelected={value === true} onChange={onChange} description={description}>
          {label}
        </Switch>
      );
    case "roles":
      return (
        <CheckboxGroup
          {...common}
          isRow
          options={ROLES.map((id) => ({ id, label: t(`roles.${id}`) }))}
          selected={value as (typeof ROLES)[number][]}
          onChange={onChange}
        />
      );
    case "instant":
      return (
        <DatePicker
          {...common}
          granularity="minute"
          value={typeof value === "string" ? value : null}
          onChange={onChange}
        />
      );
    case "organization":
      return <Organization {...common} value={typeof value === "string" ? value : null} onChange={onChange} />;
  }
}

interface OrganizationProps {
  label: string;
  description: React.ReactNode;
  value: string | null;
  onChange: (value: string | null) => void;
}

function Organization({ label, description, value, onChange }: OrganizationProps) {
  const { t } = useTranslation("system");
  const may = useMay();
  const isManaging = may("system:installation:manage");
  const { data } = useQuery({
    queryKey: ["organizations", "names"],
    queryFn: async ({ signal }) => (await listOrganizations({ signal, throwOnError: true })).data.items,
    enabled: isManaging,
  });
  if (!isManaging) {
    return (
      <TextField
        label={label}
        description={description}
        isMono
        value={value ?? ""}
        onChange={(text) => onChange(text.trim() || null)}
        maxLength={36}
        name="organization_id"
      />
    );
  }
  return (
    <div className={styles.fields}>
      <Select
        label={label}
        description={description}
        options={[
          { id: UNSET, label: t("settings.unset.only") },
          ...(data ?? []).map(({ id, name }) => ({ id, label: name })),
        ]}
        selected={value ?? UNSET}
        onChange={(id) => onChange(id === UNSET ? null : id)}
      />
    </div>
  );
}
