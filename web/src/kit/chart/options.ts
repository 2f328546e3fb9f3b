// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What all charts have in common. */
import type { EChartsCoreOption } from "echarts/core";

import type { ChartTheme } from "@/kit/chart/theme";

/** For the legend, and for the switch to the table that stands at its end. */
const TOP_PX = 40;

/** A line that must not be crossed, such as the limit of a site. */
export interface ChartLimit {
  value: number;
  label: string;
}

/** `hasDecals`: a pattern for each series, for filled shapes that only a colour would tell apart. */
export function baseOf(
  theme: ChartTheme,
  valueText: (value: number) => string,
  { hasLegend, hasDecals }: { hasLegend?: boolean; hasDecals?: boolean } = {},
): EChartsCoreOption {
  const text = { color: theme.soft, fontFamily: theme.font, fontSize: theme.size };
  return {
    color: theme.colors,
    animation: theme.moves,
    animationDuration: 240,
    animationDurationUpdate: 240,
    textStyle: text,
    aria: { enabled: true, label: { enabled: false }, decal: { show: hasDecals ?? false } },
    grid: { top: TOP_PX, bottom: 8, left: 8, right: 16, containLabel: true },
    legend: hasLegend
      ? {
          type: "scroll",
          top: 4,
          left: 0,
          right: TOP_PX,
          textStyle: { ...text, color: theme.text },
          itemWidth: 18,
          itemHeight: 10,
        }
      : undefined,
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: theme.raised,
      borderColor: theme.line,
      textStyle: { ...text, color: theme.text },
      valueFormatter: (value: unknown) => (typeof value === "number" ? valueText(value) : "–"),
    },
  };
}

export function labelsOf(theme: ChartTheme): object {
  return { color: theme.soft, fontFamily: theme.font, fontSize: theme.size, hideOverlap: true };
}

export function valueAxis(theme: ChartTheme, valueText: (value: number) => string, limit?: ChartLimit): object {
  return {
    type: "value",
    max: limit && (({ max }: { max: number }) => Math.max(max, limit.value) * 1.05),
    splitLine: { lineStyle: { color: theme.grid } },
    axisLabel: { ...labelsOf(theme), formatter: valueText, showMaxLabel: limit ? false : undefined },
  };
}

export function categoryAxis(theme: ChartTheme, data: readonly string[]): object {
  return {
    type: "category",
    data,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: theme.line } },
    axisLabel: labelsOf(theme),
  };
}

export function limitLine(theme: ChartTheme, limit: ChartLimit, axis: "xAxis" | "yAxis"): object {
  return {
    silent: true,
    symbol: "none",
    animation: false,
    lineStyle: { color: theme.danger, type: "dashed", width: 1.5 },
    label: {
      formatter: limit.label,
      position: "insideEndTop",
      color: theme.danger,
      fontFamily: theme.font,
      fontSize: theme.size,
      textBorderColor: theme.raised,
      textBorderWidth: 2,
    },
    data: [{ [axis]: limit.value }],
  };
}
