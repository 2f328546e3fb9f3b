// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What all charts have in common. */
import type { EChartsCoreOption } from "echarts/core";

import type { ChartTheme } from "@/kit/chart/theme";

/** A line that must not be crossed, such as the limit of a site. */
export interface ChartLimit {
  value: number;
  label: string;
}

export function baseOf(theme: ChartTheme, valueText: (value: number) => string, hasLegend: boolean): EChartsCoreOption {
  const text = { color: theme.soft, fontFamily: theme.font, fontSize: theme.size };
  return {
    color: theme.colors,
    animation: theme.moves,
    animationDuration: 240,
    animationDurationUpdate: 240,
    textStyle: text,
    aria: { enabled: true, label: { enabled: false }, decal: { show: true } },
    grid: { top: hasLegend ? 36 : 12, bottom: 8, left: 8, right: 16, containLabel: true },
    legend: hasLegend ? { type: "scroll", top: 0, textStyle: { ...text, color: theme.text }, itemWidth: 18, itemHeight: 10 } : undefined,
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

export function valueAxis(theme: ChartTheme, valueText: (value: number) => string): object {
  return {
    type: "value",
    splitLine: { lineStyle: { color: theme.grid } },
    axisLabel: { ...labelsOf(theme), formatter: valueText },
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

/** The highest that has to be in sight. */
export function ceiling(limit: ChartLimit | undefined): ((extent: { max: number }) => number) | undefined {
  return limit && (({ max }) => Math.max(max, limit.value) * 1.05);
}
