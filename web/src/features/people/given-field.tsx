// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Roles, each with the places where it holds. */
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { loadPlaces, rolesQuery, usePlaceNames } from "@/features/people/api";
import type { Given } from "@/features/people/model";
import { useRoleName, useRoleText } from "@/features/people/parts";
import styles from "@/features/people/people.module.css";
import { Button, ErrorState, IconButton, Loading, MultiSelect, RadioGroup, Select, Skeleton } from "@/kit";

interface GivenFieldProps {
  value: readonly Given[];
  onChange: (value: Given[]) => void;
  /** What is wrong with it, in words. */
  fault?: string | null;
}

export function GivenField({ value, onChange, fault }: GivenFieldProps) {
  const { t } = useTranslation("people");
  const { data: roles, error, refetch } = useQuery(rolesQuery);
  const name = useRoleName();
  const text = useRoleText();
  if (!roles) {
    return error ? (
      <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
    ) : (
      <Loading>
        <Skeleton lines={5} />
      </Loading>
    );
  }
  const put = (index: number, given: Given) => onChange(value.map((each, at) => (at === index ? given : each)));
  const [first = { role: "", places: [] }, ...others] = value;
  return (
    <div className={styles.given}>
      <RadioGroup
        label={t("form.role")}
        options={roles.map((role) => ({ id: role.key, label: name(role.key), description: text(role) }))}
        selected={first.role || null}
        onChange={(role) => onChange([{ ...first, role }, ...others])}
      />
      <Places value={first} onChange={(given) => onChange([given, ...others])} />
      {others.map((given, index) => (
        <div key={index} className={styles.row}>
          <div>
            <Select
              label={t("form.further", { number: index + 2 })}
              options={roles.map(({ key }) => ({ id: key, label: name(key) }))}
              selected={given.role || null}
              onChange={(role) => put(index + 1, { ...given, role })}
            />
            <Places value={given} onChange={(next) => put(index + 1, next)} />
          </div>
          <IconButton
            label={t("form.removeRole", { role: name(given.role) || index + 2 })}
            icon={<X aria-hidden />}
            onPress={() => onChange(value.filter((_, at) => at !== index + 1))}
          />
        </div>
      ))}
      <div>
        <Button
          size="sm"
          icon={<Plus aria-hidden />}
          onPress={() => onChange([first, ...others, { role: "", places: [] }])}
        >
          {t("form.addRole")}
        </Button>
      </div>
      {fault && (
        <p role="alert" className={styles.fault}>
          {fault}
        </p>
      )}
    </div>
  );
}

function Places({ value, onChange }: { value: Given; onChange: (value: Given) => void }) {
  const { t } = useTranslation("people");
  const place = usePlaceNames();
  return (
    <MultiSelect
      label={t("form.places")}
      description={t("form.placesText")}
      load={loadPlaces}
      selected={value.places.map((id) => ({ id, label: place(id) }))}
      onChange={(places) => onChange({ ...value, places })}
    />
  );
}
