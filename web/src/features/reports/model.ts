// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Reports of each kind in one shape: a figure that counts, and those beside it. */
import { getEnergyReport, getUptimeReport, getUtilisationReport } from "@/api/sdk.gen";
import type { EnergyReport, UptimeReport, UtilisationReport } from "@/api/types.gen";
import type { ReportQuery } from "@/features/reports/query";
import type { Interval, ReportKind } from "@/features/reports/search";
import type { Format } from "@/lib/format";

type Report = EnergyReport | UtilisationReport | UptimeReport;
type Figures = Readonly<Record<string, number | null>>;

export interface Value {
  figures: Figures;
  compared: Figures | null;
  change_percent: number | null;
}

export interface Point extends Value {
  start: string;
  end: string;
}

export interface Line {
  key: string | null;
  name: string | null;
  total: Value;
  points: Point[];
}

export interface Whole {
  start: string;
  end: string;
  timeZone: string;
  completeUntil: string | null;
  isHistoryComplete: boolean;
  compared: { start: string; end: string } | null;
  total: Value;
  points: Point[];
  series: Line[];
  seriesTotal: number;
}

export interface Shape {
  /** The figure that counts. */
  main: string;
  /** All that are shown, in their order. */
  figures: readonly string[];
}

export const SHAPES: Record<ReportKind, Shape> = {
  energy: { main: "energy_wh", figures: ["energy_wh", "started", "ended"] },
  utilisation: { main: "utilisation", figures: ["utilisation", "in_use_s", "time_s"] },
  uptime: { main: "uptime", figures: ["uptime", "online_s", "out_of_order_s", "watched_s"] },
};

/** A figure as people read it: its name says what it is. */
export function figureText(name: string, value: number | null | undefined, format: Format): string {
  if (value === null || value === undefined) return "–";
  if (name === "energy_wh") return format.energy(value);
  if (name.endsWith("_s")) return format.duration(value);
  if (name === "utilisation" || name === "uptime") return format.percent(value);
  return format.number(value);
}

export function periodText(point: Point, interval: Interval, format: Format): string {
  if (interval === "15m" || interval === "hour") return format.dateTime(point.start);
  return format.date(point.start);
}

export async function readReport(kind: ReportKind, query: ReportQuery, signal: AbortSignal): Promise<Whole> {
  const { by, ...common } = query;
  if (kind === "energy") return wholeOf((await getEnergyReport({ query, signal, throwOnError: true })).data);
  const ofChargers = by === "token" || by === "token_group" ? "none" : by;
  const asked = { query: { ...common, by: ofChargers }, signal, throwOnError: true as const };
  return wholeOf((await (kind === "uptime" ? getUptimeReport(asked) : getUtilisationReport(asked))).data);
}

function wholeOf(report: Report): Whole {
  const { start, end, compared, series } = report;
  return {
    start,
    end,
    compared,
    timeZone: report.time_zone,
    completeUntil: report.complete_until,
    isHistoryComplete: report.history_complete,
    total: valueOf(report.total),
    points: report.points.map((point) => ({ ...valueOf(point), start: point.start, end: point.end })),
    series: series.map(({ key, name, total, points }) => ({
      key,
      name,
      total: valueOf(total),
      points: points.map((point) => ({ ...valueOf(point), start: point.start, end: point.end })),
    })),
    seriesTotal: report.series_total,
  };
}

interface Any {
  figures: object;
  compared: object | null;
  change_percent: number | null;
}

function valueOf({ figures, compared, change_percent: change }: Any): Value {
  return { figures: figures as Figures, compared: compared as Figures | null, change_percent: change };
}
