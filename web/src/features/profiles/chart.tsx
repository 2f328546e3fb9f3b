// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A limit over time. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { ChargingProfile } from "@/api/types.gen";
import { curveOf, type Unit } from "@/features/profiles/model";
import { LineChart } from "@/kit/chart";
import { instantsOf } from "@/lib/days";
import { useFormat } from "@/lib/format";

const SOME_DAY = { from: "2026-01-05", to: "2026-01-05" };

interface LimitChartProps {
  label: string;
  unit: Unit;
  points: readonly (readonly [number, number | null])[];
}

export function LimitChart({ label, unit, points }: LimitChartProps) {
  const { t } = useTranslation("profiles");
  const format = useFormat();
  const series = useMemo(
    () => [{ id: "limit", name: t("chart.limit"), points, isStep: true, isArea: true }],
    [t, points],
  );
  return (
    <LineChart label={label} series={series} valueText={unit === "A" ? format.current : format.power} height="13rem" />
  );
}

export function ProfileChart({ profile }: { profile: ChargingProfile }) {
  const { t } = useTranslation("profiles");
  const { zone } = useFormat();
  const { points, isElapsed } = useMemo(() => {
    const curve = curveOf(profile);
    // what counts from the beginning is drawn from midnight on
    const shift = curve.isElapsed ? Date.parse(instantsOf(SOME_DAY, zone).from) : 0;
    return { ...curve, points: curve.points.map(([at, limit]) => [at + shift, limit] as const) };
  }, [profile, zone]);
  const unit = profile.schedules[0]?.unit ?? "A";
  return <LimitChart label={t(isElapsed ? "chart.elapsed" : "chart.title")} unit={unit} points={points} />;
}
