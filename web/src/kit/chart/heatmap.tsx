// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How much, by two things at once, such as the day and the hour. */
import { HeatmapChart as Kind } from "echarts/charts";
import { VisualMapContinuousComponent } from "echarts/components";
import { use } from "echarts/core";
import { useMemo } from "react";

import { ChartCanvas } from "@/kit/chart/canvas";
import { cellOf, ChartFrame, HEIGHT, useSummary, type ChartCommon, type ChartRow } from "@/kit/chart/frame";
import { baseOf, categoryAxis } from "@/kit/chart/options";
import { useChartTheme } from "@/kit/chart/theme";
import { useFormat } from "@/lib/format";

use([Kind, VisualMapContinuousComponent]);

export interface HeatmapProps extends ChartCommon {
  /** What the rows are, such as "Day": the head of the table. */
  rowLabel: string;
  rows: readonly string[];
  columns: readonly string[];
  /** One line for each row. */
  values: readonly (readonly (number | null)[])[];
  /** Where the colours end; otherwise the highest value. */
  max?: number;
}

export function Heatmap(props: HeatmapProps) {
  const { label, rowLabel, rows, columns, values, max, height = HEIGHT, isLoading, empty } = props;
  const format = useFormat();
  const theme = useChartTheme();
  const valueText = props.valueText ?? format.number;
  const flat = useMemo(() => values.flat(), [values]);
  const summary = useSummary(label, [{ name: label, values: flat }], valueText);
  const option = useMemo(() => {
    const known = flat.filter((value) => value !== null);
    const most = max ?? known.reduce((high, value) => Math.max(high, value), 0);
    const base = baseOf(theme, valueText);
    return {
      ...base,
      grid: { top: 40, bottom: 36, left: 8, right: 8, containLabel: true },
      tooltip: { ...(base.tooltip as object), trigger: "item", position: "top" },
      xAxis: { ...categoryAxis(theme, columns), splitArea: { show: false } },
      yAxis: { ...categoryAxis(theme, rows), inverse: true },
      visualMap: {
        min: 0,
        max: most || 1,
        orient: "horizontal",
        left: "center",
        bottom: 0,
        itemHeight: 140,
        itemWidth: 10,
        text: [valueText(most), valueText(0)],
        textStyle: { color: theme.soft, fontFamily: theme.font, fontSize: theme.size },
        inRange: { color: [theme.sunken, theme.colors[0]] },
        formatter: (value: number) => valueText(value),
      },
      series: [
        {
          id: "values",
          name: label,
          type: "heatmap",
          data: values.flatMap((line, y) => line.map((value, x) => [x, y, value ?? "-"])),
          itemStyle: { borderColor: theme.raised, borderWidth: 1 },
          emphasis: { itemStyle: { borderColor: theme.text } },
        },
      ],
    };
  }, [flat, values, rows, columns, max, label, theme, valueText]);
  const table = (): ChartRow[] =>
    rows.map((row, index) => ({
      id: `${index}-${row}`,
      cells: [row, ...columns.map((_, at) => cellOf(values[index]?.[at], valueText))],
    }));
  const isEmpty = flat.every((value) => value === null);
  return (
    <ChartFrame {...{ label, height, isLoading, isEmpty, empty }} columns={[rowLabel, ...columns]} rows={table}>
      <ChartCanvas summary={summary} option={option} height={height} />
    </ChartFrame>
  );
}
