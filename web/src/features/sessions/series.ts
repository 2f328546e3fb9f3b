// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Curves out of what the API measured: the total where there is one, else one line for each phase. */
import type { MeterSeries } from "@/api/types.gen";

export const MEASURES = ["power", "energy", "soc", "current", "voltage"] as const;
export type Measure = (typeof MEASURES)[number];

const MEASURANDS: Record<Measure, string> = {
  power: "Power.Active.Import",
  energy: "Energy.Active.Import.Register",
  soc: "SoC",
  current: "Current.Import",
  voltage: "Voltage",
};
const UNITS: Partial<Record<Measure, "W" | "A">> = { power: "W", current: "A" };

type Point = [string, number | null];

interface Line {
  id: string;
  /** The phase; null: the whole. */
  name: string | null;
  points: Point[];
}

export interface Curve {
  lines: Line[];
  /** Steps of the limit, in the same unit; empty where none is known. */
  limit: Point[];
}

export function curveOf(data: MeterSeries, measure: Measure, meterStart: number | null): Curve {
  const all = data.series.filter(({ measurand, location }) => measurand === MEASURANDS[measure] && location !== "EV");
  const found = measure === "soc" ? data.series.filter(({ measurand }) => measurand === MEASURANDS.soc) : all;
  const totals = found.filter(({ phase }) => phase === null);
  const outlet = totals.filter(({ location }) => location === "Outlet");
  const chosen = outlet.length ? outlet.slice(0, 1) : totals.length ? totals.slice(0, 1) : found;
  const base = measure === "energy" ? (meterStart ?? chosen[0]?.points[0]?.min ?? 0) : 0;
  const lines = chosen.map(({ phase, points }) => ({
    id: phase ?? "all",
    name: phase,
    points: points
      .flatMap((point) => pointsOf(point, measure === "energy"))
      .map(([at, value]): Point => [at, value - base]),
  }));
  return { lines, limit: lines.length ? limitOf(data, UNITS[measure]) : [] };
}

/** Least and greatest of a bucket both stand on the line, so that no peak is lost. */
function pointsOf(
  { at, min, max, last, count }: MeterSeries["series"][number]["points"][number],
  isRegister: boolean,
): [string, number][] {
  if (count === 1 || isRegister || min === max) return [[at, last]];
  return [
    [at, min],
    [at, max],
  ];
}

function limitOf({ limits, last }: MeterSeries, unit: "W" | "A" | undefined): Point[] {
  const steps = limits.find((each) => each.unit === unit)?.steps ?? [];
  if (!steps.some(({ limit }) => limit !== null)) return [];
  const final = steps.at(-1)?.limit ?? null;
  return [...steps.map(({ at, limit }): Point => [at, limit]), [last, final]];
}
