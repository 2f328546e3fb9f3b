// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { MeterSeries } from "@/api/types.gen";
import { curveOf } from "@/features/sessions/series";

type Series = MeterSeries["series"][number];

const AT = ["2026-11-29T10:00:00Z", "2026-11-29T10:01:00Z"] as const;

function series(
  measurand: string,
  phase: string | null,
  values: [number, number, number][],
  location = "Outlet",
): Series {
  const points = values.map(([min, max, count], index) => ({ at: AT[index] ?? AT[0], min, max, last: max, count }));
  return { measurand, phase, location, unit: "W", points };
}

function data(all: Series[], limits: MeterSeries["limits"] = []): MeterSeries {
  return { first: AT[0], last: AT[1], series: all, limits };
}

describe("curves of a session", () => {
  it("shows the total where there is one, and phases only where there is none", () => {
    const total = series("Power.Active.Import", null, [[1, 1, 1]]);
    const phases = ["L1", "L2"].map((phase) => series("Power.Active.Import", phase, [[2, 2, 1]]));
    expect(curveOf(data([...phases, total]), "power", null).lines.map(({ name }) => name)).toEqual([null]);
    expect(curveOf(data(phases), "power", null).lines.map(({ name }) => name)).toEqual(["L1", "L2"]);
  });

  it("keeps the least and the greatest of readings that were put together", () => {
    const [line] = curveOf(data([series("Power.Active.Import", null, [[1, 9, 30]])]), "power", null).lines;
    expect(line?.points.map(([, value]) => value)).toEqual([1, 9]);
  });

  it("counts energy from the meter at the start", () => {
    const register = series("Energy.Active.Import.Register", null, [
      [1_000, 1_000, 1],
      [1_200, 1_400, 5],
    ]);
    const values = (start: number | null) =>
      curveOf(data([register]), "energy", start).lines[0]?.points.map(([, value]) => value);
    expect(values(900)).toEqual([100, 500]);
    expect(values(null)).toEqual([0, 400]);
  });

  it("draws a limit in its own unit only, to the end, and none where none is known", () => {
    const power = series("Power.Active.Import", null, [[1, 1, 1]]);
    const step = (limit: number | null) => ({ at: AT[0], limit, purpose: null });
    const limits: MeterSeries["limits"] = [{ unit: "W", steps: [step(7_000)] }];
    expect(curveOf(data([power], limits), "power", null).limit).toEqual([
      [AT[0], 7_000],
      [AT[1], 7_000],
    ]);
    expect(curveOf(data([power], [{ unit: "A", steps: [step(16)] }]), "power", null).limit).toEqual([]);
    expect(curveOf(data([power], [{ unit: "W", steps: [step(null)] }]), "power", null).limit).toEqual([]);
  });
});
