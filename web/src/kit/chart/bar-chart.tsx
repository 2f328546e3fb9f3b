// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Values side by side. */
import { BarChart as Kind } from "echarts/charts";
import { use } from "echarts/core";
import { useMemo } from "react";

import { ChartCanvas } from "@/kit/chart/canvas";
import { cellOf, ChartFrame, HEIGHT, useSummary, type ChartCommon, type ChartRow } from "@/kit/chart/frame";
import { baseOf, categoryAxis, limitLine, valueAxis, type ChartLimit } from "@/kit/chart/options";
import { useChartTheme } from "@/kit/chart/theme";
import { useFormat } from "@/lib/format";

use([Kind]);

interface BarSeries {
  id: string;
  name: string;
  /** One for each category. */
  values: readonly (number | null)[];
}

export interface BarChartProps extends ChartCommon {
  /** What the categories are, such as "Site": the head of the table. */
  categoryLabel: string;
  categories: readonly string[];
  series: readonly BarSeries[];
  limit?: ChartLimit;
  isStacked?: boolean;
  /** For long names. */
  isHorizontal?: boolean;
}

const WIDEST_BAR_PX = 40;

export function BarChart(props: BarChartProps) {
  const {
    label,
    categoryLabel,
    categories,
    series,
    limit,
    isStacked,
    isHorizontal,
    height = HEIGHT,
    isLoading,
    empty,
  } = props;
  const format = useFormat();
  const theme = useChartTheme();
  const valueText = props.valueText ?? format.number;
  const summary = useSummary(
    label,
    series.map(({ name, values }) => ({ name, values: [...values] })),
    valueText,
  );
  const option = useMemo(() => {
    const values = valueAxis(theme, valueText, limit);
    const names = categoryAxis(theme, categories);
    return {
      ...baseOf(theme, valueText, { hasLegend: series.length > 1, hasDecals: series.length > 1 }),
      xAxis: isHorizontal ? values : names,
      yAxis: isHorizontal ? { ...names, inverse: true } : values,
      series: series.map(({ id, name, values: data }, index) => ({
        id,
        name,
        type: "bar",
        data,
        barMaxWidth: WIDEST_BAR_PX,
        stack: isStacked ? "all" : undefined,
        itemStyle: { borderRadius: isStacked ? 0 : isHorizontal ? [0, 3, 3, 0] : [3, 3, 0, 0] },
        markLine: limit && index === 0 ? limitLine(theme, limit, isHorizontal ? "xAxis" : "yAxis") : undefined,
      })),
    };
  }, [categories, series, limit, isStacked, isHorizontal, theme, valueText]);
  const rows = (): ChartRow[] =>
    categories.map((category, index) => ({
      id: `${index}-${category}`,
      cells: [category, ...series.map(({ values }) => cellOf(values[index], valueText))],
    }));
  const columns = [categoryLabel, ...series.map(({ name }) => name)];
  const isEmpty = series.every(({ values }) => values.every((value) => value === null));
  return (
    <ChartFrame {...{ label, height, isLoading, isEmpty, empty, columns, rows }}>
      <ChartCanvas summary={summary} option={option} height={height} />
    </ChartFrame>
  );
}
