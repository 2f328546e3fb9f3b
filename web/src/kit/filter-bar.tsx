// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a list is narrowed to: one chip for each filter, and a way to add more. */
import { ListFilter, X } from "lucide-react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { Button as AriaButton, DialogTrigger } from "react-aria-components";

import { useFormat } from "@/lib/format";

import { Button } from "./button";
import styles from "./filter-bar.module.css";
import { filterText, isEmptyFilter, type FilterDefinition, type FilterValue, type FilterValues } from "./filters";
import { MenuButton } from "./menu";
import { PopoverBox } from "./popover";
import { Skeleton } from "./progress";
import { useKitText } from "./text";

/** Calendars and the like are loaded when a filter is opened. */
const FilterEditor = lazy(() => import("./filter-editor").then((file) => ({ default: file.FilterEditor })));

export interface FilterChipProps {
  label: string;
  value?: string;
  onRemove: () => void;
  /** What opens when it is pressed. */
  editor?: ReactNode;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

export function FilterChip({ label, value, onRemove, editor, isOpen, onOpenChange }: FilterChipProps) {
  const t = useKitText();
  const words = (
    <>
      <span className={styles.name}>{value === undefined ? label : t("filter.named", { name: label })}</span>{" "}
      {value !== undefined && <bdi className={styles.value}>{value}</bdi>}
    </>
  );
  return (
    <span className={styles.chip}>
      {editor ? (
        <DialogTrigger isOpen={isOpen} onOpenChange={onOpenChange}>
          <AriaButton className={styles.words}>{words}</AriaButton>
          <PopoverBox aria-label={label} className={styles.popover}>
            <Suspense fallback={<Skeleton variant="block" height="8rem" width="14rem" />}>{editor}</Suspense>
          </PopoverBox>
        </DialogTrigger>
      ) : (
        <span className={styles.words}>{words}</span>
      )}
      <AriaButton className={styles.remove} aria-label={t("filter.remove", { name: label })} onPress={onRemove}>
        <X aria-hidden />
      </AriaButton>
    </span>
  );
}

export interface FilterBarProps {
  filters: readonly FilterDefinition[];
  value: FilterValues;
  onChange: (value: FilterValues) => void;
  /** In front of the chips, such as a SearchField. */
  children?: ReactNode;
}

export function FilterBar({ filters, value, onChange, children }: FilterBarProps) {
  const t = useKitText();
  const format = useFormat();
  const [editing, setEditing] = useState<string | null>(null);
  const isShown = ({ id }: FilterDefinition) => id === editing || !isEmptyFilter(value[id]);
  const shown = filters.filter(isShown);
  const others = filters.filter((filter) => !isShown(filter));
  const isFiltered = filters.some(({ id }) => !isEmptyFilter(value[id]));
  const set = (id: string, next: FilterValue | undefined) => {
    const { [id]: _, ...rest } = value;
    setEditing(null);
    onChange(isEmptyFilter(next) || next === undefined ? rest : { ...rest, [id]: next });
  };
  return (
    <div role="group" aria-label={t("filter.label")} className={styles.bar}>
      {children}
      {shown.map((filter) => (
        <FilterChip
          key={filter.id}
          label={filter.label}
          value={filterText(filter, value[filter.id], format, t)}
          isOpen={editing === filter.id}
          onOpenChange={(isOpen) => setEditing(isOpen ? filter.id : null)}
          onRemove={() => set(filter.id, undefined)}
          editor={<FilterEditor filter={filter} value={value[filter.id]} onApply={(next) => set(filter.id, next)} />}
        />
      ))}
      {others.length > 0 && (
        <MenuButton
          label={t("filter.add")}
          icon={<ListFilter aria-hidden />}
          size="sm"
          placement="bottom start"
          items={others.map(({ id, label }) => ({ id, label, onAction: () => setEditing(id) }))}
        />
      )}
      {isFiltered && (
        <Button variant="quiet" size="sm" onPress={() => onChange({})}>
          {t("filter.clear")}
        </Button>
      )}
    </div>
  );
}
