// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A report as a chart: over time, or side by side where it is not divided by time. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { figureText, periodText, SHAPES, type Line, type Whole } from "@/features/reports/model";
import type { Interval, ReportKind } from "@/features/reports/search";
import { BarChart, LineChart } from "@/kit/chart";
import { useFormat } from "@/lib/format";

const MOST_LINES = 6;
const MOST_BARS = 20;
const MOST_PERIODS = 100;

export interface ReportChartProps {
  report: Whole;
  kind: ReportKind;
  interval: Interval;
  nameOf: (line: Line) => string;
}

export function ReportChart({ report, kind, interval, nameOf }: ReportChartProps) {
  const { t } = useTranslation("reports");
  const format = useFormat(report.timeZone);
  const { main } = SHAPES[kind];
  const valueText = (value: number) => figureText(main, value, format);
  const label = t(`figures.${main}`);
  const lines = useMemo(() => {
    if (report.series.length) {
      const shown = report.series.slice(0, MOST_LINES);
      return shown.map((line) => ({ id: line.key ?? "", name: nameOf(line), points: line.points, isOther: false }));
    }
    const own = { id: "now", name: label, points: report.points, isOther: false };
    const other = { id: "compared", name: t("compared"), points: report.points, isOther: true };
    return report.compared ? [own, other] : [own];
  }, [report, nameOf, label, t]);
  if (interval === "none") {
    const bars = report.series.slice(0, MOST_BARS);
    const values = (isOther: boolean) =>
      bars.map(({ total }) => (isOther ? total.compared?.[main] : total.figures[main]) ?? null);
    const compared = { id: "compared", name: t("compared"), values: values(true) };
    return (
      <BarChart
        label={label}
        categoryLabel={t("columns.name")}
        categories={bars.map(nameOf)}
        series={[{ id: "now", name: label, values: values(false) }, ...(report.compared ? [compared] : [])]}
        valueText={valueText}
        isHorizontal
        height={`${Math.max(8, bars.length * 2.25 + 4)}rem`}
      />
    );
  }
  const valueOf = (point: Whole["points"][number], isOther: boolean) =>
    (isOther ? point.compared?.[main] : point.figures[main]) ?? null;
  if (report.points.length <= MOST_PERIODS && lines.length <= 2) {
    return (
      <BarChart
        label={label}
        categoryLabel={t("columns.period")}
        categories={report.points.map((point) => periodText(point, interval, format))}
        series={lines.map(({ id, name, points, isOther }) => ({
          id,
          name,
          values: points.map((point) => valueOf(point, isOther)),
        }))}
        valueText={valueText}
      />
    );
  }
  return (
    <LineChart
      label={label}
      zone={report.timeZone}
      series={lines.map(({ id, name, points, isOther }) => ({
        id,
        name,
        points: points.map((point) => [point.start, valueOf(point, isOther)] as const),
      }))}
      valueText={valueText}
      height="18rem"
    />
  );
}
