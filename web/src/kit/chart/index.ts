// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Charts. They bring ECharts along: only screens that show one may import this, and lazily. */
export { BarChart } from "@/kit/chart/bar-chart";
export { Heatmap } from "@/kit/chart/heatmap";
export { LineChart } from "@/kit/chart/line-chart";
