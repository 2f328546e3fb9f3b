// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What was measured over time, one figure at a time, with the limit that held. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { getTransactionSeries } from "@/api/sdk.gen";
import type { MeterSeries, TransactionWhole } from "@/api/types.gen";
import { isOpen } from "@/features/sessions/model";
import { curveOf, MEASURES, type Measure } from "@/features/sessions/series";
import styles from "@/features/sessions/session.module.css";
import { EmptyState, ErrorState, SegmentedControl, Skeleton } from "@/kit";
import { LineChart } from "@/kit/chart";
import { useFormat, type Format } from "@/lib/format";

const LIVE_MS = 5_000;

function textOf(measure: Measure, format: Format): (value: number) => string {
  switch (measure) {
    case "power":
      return format.power;
    case "energy":
      return format.energy;
    case "current":
      return format.current;
    case "voltage":
      return format.voltage;
    case "soc":
      return (value) => format.percent(value / 100, 0);
  }
}

export function Curves({ session }: { session: TransactionWhole }) {
  const { id } = session;
  const { data, error, refetch } = useQuery({
    queryKey: ["sessions", "series", id],
    queryFn: async ({ signal }) =>
      (await getTransactionSeries({ path: { transaction_id: id }, query: { points: 600 }, signal, throwOnError: true }))
        .data,
    placeholderData: keepPreviousData,
    refetchInterval: isOpen(session) ? LIVE_MS : false,
  });
  if (data) return <Drawn data={data} session={session} />;
  return error ? (
    <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
  ) : (
    <Skeleton variant="block" height="18rem" />
  );
}

function Drawn({ data, session }: { data: MeterSeries; session: TransactionWhole }) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const curves = useMemo(
    () =>
      MEASURES.map((measure) => ({ measure, ...curveOf(data, measure, session.meter_start) })).filter(
        ({ lines }) => lines.length > 0,
      ),
    [data, session.meter_start],
  );
  const [wanted, setWanted] = useState<Measure>("power");
  const shown = curves.find(({ measure }) => measure === wanted) ?? curves[0];
  if (!shown) return <EmptyState isCompact title={t("curves.empty")} text={t("curves.emptyText")} />;
  const lines = shown.lines.map(({ id, name, points }, index) => ({
    id,
    name: name ?? t(`curves.${shown.measure}`),
    points,
    isArea: index === 0 && shown.lines.length === 1,
  }));
  const series = shown.limit.length
    ? [...lines, { id: "limit", name: t("curves.limit"), points: shown.limit, isStep: true }]
    : lines;
  return (
    <>
      <div className={styles.tools}>
        <SegmentedControl
          label={t("curves.title")}
          size="sm"
          segments={curves.map(({ measure }) => ({ id: measure, label: t(`curves.${measure}`) }))}
          selected={shown.measure}
          onChange={setWanted}
        />
      </div>
      <LineChart
        key={shown.measure}
        label={t(`curves.${shown.measure}`)}
        series={series}
        valueText={textOf(shown.measure, format)}
        height="18rem"
      />
    </>
  );
}
