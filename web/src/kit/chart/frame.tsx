// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is around every chart: the switch to a table, and what stands there while there is nothing to show. */
import { ChartLine, Table2 } from "lucide-react";
import { useState, type ReactNode } from "react";

import { ToggleButton } from "@/kit/button";
import styles from "@/kit/chart/chart.module.css";
import { Loading, Skeleton } from "@/kit/progress";
import { EmptyState } from "@/kit/states";
import { Table, type TableColumn } from "@/kit/table";
import { useKitText } from "@/kit/text";

export interface ChartCommon {
  label: string;
  /** A CSS length. */
  height?: string;
  isLoading?: boolean;
  /** Instead of "no values". */
  empty?: ReactNode;
  /** A value as people read it, with its unit. */
  valueText?: (value: number) => string;
}

export interface ChartRow {
  id: string;
  cells: string[];
}

export interface ChartFrameProps extends Pick<ChartCommon, "label" | "isLoading" | "empty"> {
  height: string;
  isEmpty: boolean;
  columns: readonly string[];
  /** Made only when somebody wants to see it. */
  rows: () => ChartRow[];
  children: ReactNode;
}

export const HEIGHT = "16rem";

export function ChartFrame({ label, height, isLoading, isEmpty, empty, columns, rows, children }: ChartFrameProps) {
  const t = useKitText();
  const [isTable, setTable] = useState(false);
  if (isLoading && isEmpty) {
    return (
      <Loading>
        <Skeleton variant="block" height={height} />
      </Loading>
    );
  }
  if (isEmpty) {
    return (
      <div className={styles.empty} style={{ minBlockSize: height }}>
        {empty ?? <EmptyState isCompact icon={<ChartLine aria-hidden />} title={t("chart.empty")} />}
      </div>
    );
  }
  return (
    <figure className={styles.frame} aria-label={label}>
      <div className={styles.tools}>
        <ToggleButton
          size="sm"
          label={t("chart.table")}
          icon={<Table2 aria-hidden />}
          isSelected={isTable}
          onChange={setTable}
        />
      </div>
      {isTable ? (
        <div className={styles.table} style={{ maxBlockSize: height }}>
          <Table label={label} columns={columns.map(columnOf)} rows={rows()} rowId={({ id }) => id} />
        </div>
      ) : (
        children
      )}
    </figure>
  );
}

function columnOf(label: string, index: number): TableColumn<ChartRow> {
  return { id: String(index), label, align: index ? "end" : "start", render: ({ cells }) => cells[index] };
}

/** A sentence for each series. */
export function useSummary(
  label: string,
  series: { name: string; values: (number | null)[] }[],
  valueText: (value: number) => string,
): string {
  const t = useKitText();
  const sentences = series.flatMap(({ name, values }) => {
    const known = values.filter((value) => value !== null);
    const last = known.at(-1);
    if (last === undefined) return [];
    const low = known.reduce((least, value) => Math.min(least, value));
    const high = known.reduce((most, value) => Math.max(most, value));
    return t("chart.series", { name, min: valueText(low), max: valueText(high), last: valueText(last) });
  });
  return [`${label}.`, ...sentences].join(" ");
}

export function cellOf(value: number | null | undefined, valueText: (value: number) => string): string {
  return value === null || value === undefined ? "–" : valueText(value);
}
