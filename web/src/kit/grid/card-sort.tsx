// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What cards are sorted by. */
import { ArrowDown, ArrowUp } from "lucide-react";

import { IconButton } from "@/kit/button";
import styles from "@/kit/grid/grid.module.css";
import type { DataGridProps } from "@/kit/grid/types";
import { Select } from "@/kit/select";
import { useKitText } from "@/kit/text";

export function CardSort<Row extends object>({ columns, sort, onSort }: DataGridProps<Row>) {
  const t = useKitText();
  const options = columns.filter(({ sortable }) => sortable).map(({ id, label }) => ({ id, label }));
  if (!options.length) return null;
  const isDescending = sort?.isDescending ?? false;
  return (
    <span className={styles.sort}>
      <Select
        label={t("grid.sortBy")}
        isLabelHidden
        placeholder={t("grid.sortBy")}
        options={options}
        selected={sort?.column ?? null}
        onChange={(column) => onSort?.({ column, isDescending })}
      />
      {sort && (
        <IconButton
          label={t(isDescending ? "grid.descending" : "grid.ascending")}
          icon={isDescending ? <ArrowDown aria-hidden /> : <ArrowUp aria-hidden />}
          onPress={() => onSort?.({ column: sort.column, isDescending: !isDescending })}
        />
      )}
    </span>
  );
}
