// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a list is narrowed to: one chip for each filter, and a way to add more. */
import { ListFilter, X } from "lucide-react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";

import { useFormat } from "@/lib/format";

import { Button } from "./button";
import styles from "./filter-bar.module.css";
import { filterText, isEmptyFilter, type FilterDefinition, type FilterValue, type FilterValues } from "./filters";
import { MenuButton } from "./menu";
import { useKitText } from "./text";
import { useOpener } from "./use-opener";

/** Calendars and the like are loaded when somebody comes near a filter. */
const loadEditor = () => import("./filter-editor");
const FilterEditor = lazy(() => loadEditor().then((file) => ({ default: file.FilterEditor })));

export interface FilterChipProps {
  label: string;
  value?: string;
  onRemove: () => void;
  /** How it is edited; the filter that is there otherwise can only be removed. */
  edited?: {
    filter: FilterDefinition;
    value: FilterValue | undefined;
    onApply: (value: FilterValue | undefined) => void;
    isOpen: boolean;
    onOpenChange: (isOpen: boolean) => void;
  };
}

export function FilterChip({ label, value, onRemove, edited }: FilterChipProps) {
  const t = useKitText();
  const opener = useOpener({
    kind: "dialog",
    load: loadEditor,
    isOpen: edited?.isOpen,
    onOpenChange: edited?.onOpenChange,
  });
  const words = (
    <>
      <span className={styles.name}>{value === undefined ? label : t("filter.named", { name: label })}</span>{" "}
      {value !== undefined && <bdi className={styles.value}>{value}</bdi>}
    </>
  );
  return (
    <span className={styles.chip}>
      {edited ? (
        <>
          <AriaButton {...opener.trigger} className={styles.words}>
            {words}
          </AriaButton>
          {opener.isOpen && (
            <Suspense>
              <FilterEditor
                {...edited}
                label={label}
                triggerRef={opener.triggerRef}
                onOpenChange={opener.setOpen}
                className={styles.popover}
              />
            </Suspense>
          )}
        </>
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
          onRemove={() => set(filter.id, undefined)}
          edited={{
            filter,
            value: value[filter.id],
            onApply: (next) => set(filter.id, next),
            isOpen: editing === filter.id,
            onOpenChange: (isOpen) => setEditing(isOpen ? filter.id : null),
          }}
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
