// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Values over time. */
import { LineChart as Kind } from "echarts/charts";
import { use } from "echarts/core";
import { useMemo } from "react";

import { ChartCanvas } from "@/kit/chart/canvas";
import { cellOf, ChartFrame, HEIGHT, useSummary, type ChartCommon, type ChartRow } from "@/kit/chart/frame";
import { baseOf, labelsOf, limitLine, valueAxis, type ChartLimit } from "@/kit/chart/options";
import { useChartTheme } from "@/kit/chart/theme";
import { useKitText } from "@/kit/text";
import { useFormat } from "@/lib/format";

use([Kind]);

interface LineSeries {
  id: string;
  name: string;
  /** When (a text or milliseconds), and how much; null where nothing is known. */
  points: readonly (readonly [string | number, number | null])[];
  isArea?: boolean;
  /** It holds until the next one, such as a limit. */
  isStep?: boolean;
}

export interface LineChartProps extends ChartCommon {
  series: readonly LineSeries[];
  limit?: ChartLimit;
  isStacked?: boolean;
  /** Of the site, where times are shown in the site's own. */
  zone?: string | null;
}

const TWO_DAYS_MS = 2 * 86_400_000;
const SAMPLED_FROM = 1_000;

function millis(at: string | number): number {
  return typeof at === "number" ? at : Date.parse(at);
}

export function LineChart(props: LineChartProps) {
  const { label, series, limit, isStacked, zone, height = HEIGHT, isLoading, empty } = props;
  const t = useKitText();
  const format = useFormat(zone);
  const theme = useChartTheme();
  const valueText = props.valueText ?? format.number;
  const summary = useSummary(
    label,
    series.map(({ name, points }) => ({ name, values: points.map(([, value]) => value) })),
    valueText,
  );
  const times = useMemo(
    () => [...new Set(series.flatMap(({ points }) => points.map(([at]) => millis(at))))].toSorted((a, b) => a - b),
    [series],
  );
  const option = useMemo(() => {
    const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > TWO_DAYS_MS;
    const time = isLong ? format.date : format.time;
    return {
      ...baseOf(theme, valueText, { hasLegend: series.length > 1, hasDecals: isStacked }),
      xAxis: {
        type: "time",
        axisLine: { lineStyle: { color: theme.line } },
        axisLabel: { ...labelsOf(theme), formatter: (at: number) => time(at) },
        axisPointer: { label: { formatter: ({ value }: { value: number }) => format.dateTime(value) } },
      },
      yAxis: valueAxis(theme, valueText, limit),
      series: series.map(({ id, name, points, isArea, isStep }, index) => ({
        id,
        name,
        type: "line",
        data: points.map(([at, value]) => [millis(at), value]),
        showSymbol: points.length === 1,
        step: isStep ? "end" : undefined,
        stack: isStacked ? "all" : undefined,
        sampling: points.length > SAMPLED_FROM ? "lttb" : undefined,
        lineStyle: { width: 2, type: index && !isArea ? [0, 6, 3][index % 3] || "solid" : "solid" },
        areaStyle: isArea || isStacked ? { opacity: isStacked ? 0.5 : 0.14 } : undefined,
        markLine: limit && index === 0 ? limitLine(theme, limit, "yAxis") : undefined,
      })),
    };
  }, [series, limit, isStacked, theme, format, valueText, times]);
  const rows = (): ChartRow[] => {
    const found = series.map(({ points }) => new Map(points.map(([at, value]) => [millis(at), value])));
    return times.map((at) => ({
      id: String(at),
      cells: [format.dateTime(at), ...found.map((points) => cellOf(points.get(at), valueText))],
    }));
  };
  const columns = [t("chart.time"), ...series.map(({ name }) => name)];
  const isEmpty = series.every(({ points }) => points.every(([, value]) => value === null));
  return (
    <ChartFrame {...{ label, height, isLoading, isEmpty, empty, columns, rows }}>
      <ChartCanvas summary={summary} option={option} height={height} />
    </ChartFrame>
  );
}
