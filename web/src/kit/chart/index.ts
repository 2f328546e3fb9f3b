// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Charts. They bring ECharts along: only screens that show one may import this, and lazily. */
export { BarChart, type BarChartProps, type BarSeries } from "@/kit/chart/bar-chart";
export type { ChartLimit } from "@/kit/chart/options";
export { Heatmap, type HeatmapProps } from "@/kit/chart/heatmap";
export { LineChart, type LineChartProps, type LineSeries } from "@/kit/chart/line-chart";
