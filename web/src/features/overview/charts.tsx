// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Widgets with charts; they bring ECharts along, so they are loaded after the rest. */
import { useQuery } from "@tanstack/react-query";
import { ChartLine, Grid3x3 } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { Heatmap as Usage, PowerHistory } from "@/api/types.gen";
import { heatmapQuery, powerQuery, useOverviewSite } from "@/features/overview/data";
import { Content } from "@/features/overview/lists";
import { EmptyState } from "@/kit";
import { Heatmap } from "@/kit/chart/heatmap";
import { LineChart } from "@/kit/chart/line-chart";
import { useAppearance } from "@/lib/appearance";
import { useFormat } from "@/lib/format";

const HEIGHT = "15rem";

export function Power() {
  return (
    <Content query={useQuery(powerQuery(useOverviewSite()))} height={HEIGHT}>
      {(data) => <PowerChart data={data} />}
    </Content>
  );
}

function PowerChart({ data: { points } }: { data: PowerHistory }) {
  const { t } = useTranslation("overview");
  const format = useFormat();
  const series = useMemo(
    () => [
      {
        id: "power",
        name: t("power.series"),
        isArea: true,
        points: points.map(({ start, watts }) => [start, watts] as const),
      },
    ],
    [points, t],
  );
  if (points.every(({ watts }) => watts === 0)) {
    return <EmptyState isCompact icon={<ChartLine aria-hidden />} title={t("power.none")} text={t("power.noneText")} />;
  }
  return <LineChart label={t("widgets.power")} series={series} valueText={format.power} height={HEIGHT} />;
}

export function Utilisation() {
  return (
    <Content query={useQuery(heatmapQuery(useOverviewSite()))} height="18rem">
      {(data) => <UtilisationChart data={data} />}
    </Content>
  );
}

const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const WEEK = [1, 2, 3, 4, 5, 6, 7];

function UtilisationChart({ data: { cells } }: { data: Usage }) {
  const { t } = useTranslation("overview");
  const format = useFormat();
  const language = useAppearance((state) => state.language);
  const days = useMemo(() => {
    const name = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" });
    return WEEK.map((day) => name.format(MONDAY + (day - 1) * DAY_MS));
  }, [language]);
  const values = useMemo(() => {
    const found = new Map(cells.map(({ weekday, hour, utilisation }) => [`${weekday}-${hour}`, utilisation]));
    return WEEK.map((day) => HOURS.map((hour) => found.get(`${day}-${hour}`) ?? null));
  }, [cells]);
  const hours = useMemo(() => HOURS.map((hour) => format.number(hour)), [format]);
  return (
    <Heatmap
      label={t("widgets.heatmap")}
      rowLabel={t("heatmap.day")}
      rows={days}
      columns={hours}
      values={values}
      valueText={format.percent}
      height="18rem"
      empty={
        <EmptyState isCompact icon={<Grid3x3 aria-hidden />} title={t("heatmap.none")} text={t("heatmap.noneText")} />
      }
    />
  );
}
