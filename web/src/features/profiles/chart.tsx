// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A limit over time. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { ChargingProfile } from "@/api/types.gen";
import { curveOf, type Unit } from "@/features/profiles/model";
import { LineChart } from "@/kit/chart";
import { useFormat } from "@/lib/format";

interface LimitChartProps {
  label: string;
  unit: Unit;
  points: readonly (readonly [number, number | null])[];
  isElapsed?: boolean;
}

export function LimitChart({ label, unit, points, isElapsed }: LimitChartProps) {
  const { t } = useTranslation("profiles");
  const format = useFormat();
  const series = useMemo(
    () => [{ id: "limit", name: t("chart.limit"), points, isStep: true, isArea: true }],
    [t, points],
  );
  return (
    <LineChart
      label={label}
      series={series}
      valueText={unit === "A" ? format.current : format.power}
      zone={isElapsed ? "UTC" : undefined}
      height="13rem"
    />
  );
}

export function ProfileChart({ profile }: { profile: ChargingProfile }) {
  const { t } = useTranslation("profiles");
  const { points, isElapsed } = useMemo(() => curveOf(profile), [profile]);
  const unit = profile.schedules[0]?.unit ?? "A";
  return (
    <LimitChart
      label={t(isElapsed ? "chart.elapsed" : "chart.title")}
      unit={unit}
      points={points}
      isElapsed={isElapsed}
    />
  );
}
