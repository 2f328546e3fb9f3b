// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How much was charged, how much chargers were used, how long they could be used. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChartColumn } from "lucide-react";
import { lazy, Suspense, useCallback } from "react";
import { useTranslation } from "react-i18next";

import { Controls } from "@/features/reports/controls";
import { figureText, readReport, SHAPES, type Line, type Whole } from "@/features/reports/model";
import { queryOf } from "@/features/reports/query";
import styles from "@/features/reports/reports.module.css";
import {
  isNarrowed,
  KINDS,
  USUAL_PRESET,
  type By,
  type Interval,
  type ReportKind,
  type ReportsSearch,
} from "@/features/reports/search";
import { changeText, ReportTable } from "@/features/reports/table";
import {
  Banner,
  Button,
  Card,
  EmptyState,
  ErrorState,
  ExportMenu,
  ForbiddenPage,
  Loading,
  Page,
  rangeOf,
  Skeleton,
  Tabs,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/reports");
const ReportChart = lazy(() => import("@/features/reports/chart").then((file) => ({ default: file.ReportChart })));
const READ = "report:report:read";

export function ReportsPage() {
  const { t } = useTranslation("reports");
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  if (!may(READ)) return <ForbiddenPage title={t("title")} permission={READ} />;
  const { kind = "energy", days, preset = USUAL_PRESET } = search;
  const query = queryOf(search, days ?? rangeOf(preset));
  const change = (next: ReportsSearch) => void navigate({ search: next, replace: true });
  return (
    <Page
      title={t("title")}
      actions={
        <ExportMenu
          name={`report-${kind}`}
          path={(format) => apiPath(`/api/v1/reports/${kind}`, { ...query, format })}
        />
      }
    >
      <Tabs
        label={t("kinds")}
        items={KINDS.map((id) => ({ id, label: t(`kind.${id}`) }))}
        selected={kind}
        onChange={(id) => void navigate({ search: { ...search, kind: id === "energy" ? undefined : id } })}
      >
        <div className={styles.panel}>
          <Controls search={search} kind={kind} onChange={change} />
          <Result search={search} kind={kind} query={query} onChange={change} />
        </div>
      </Tabs>
    </Page>
  );
}

interface ResultProps {
  search: ReportsSearch;
  kind: ReportKind;
  query: ReturnType<typeof queryOf>;
  onChange: (search: ReportsSearch) => void;
}

function Result({ search, kind, query, onChange }: ResultProps) {
  const { t } = useTranslation("reports");
  const { data, error, refetch, isPlaceholderData } = useQuery({
    queryKey: ["reports", kind, query],
    queryFn: async ({ signal }) => ({ kind, search, report: await readReport(kind, query, signal) }),
    placeholderData: keepPreviousData,
  });
  if (error && !isPlaceholderData) return <ErrorState problem={error} onRetry={() => void refetch()} />;
  if (!data) {
    return (
      <Loading>
        <Skeleton variant="block" height="5rem" />
        <Skeleton variant="block" height="18rem" />
      </Loading>
    );
  }
  const { report } = data;
  const { main } = SHAPES[data.kind];
  if (!report.total.figures[main] && !report.total.compared?.[main]) {
    return (
      <EmptyState
        icon={<ChartColumn aria-hidden />}
        title={t("empty.title")}
        text={t(isNarrowed(search) ? "empty.filteredText" : "empty.text")}
        action={
          isNarrowed(search) && (
            <Button onPress={() => onChange({ ...search, site: undefined, group: undefined, charger: undefined })}>
              {t("empty.clear")}
            </Button>
          )
        }
      />
    );
  }
  return (
    <div className={styles.panel} aria-busy={isPlaceholderData}>
      <Shown report={report} kind={data.kind} by={data.search.by ?? "none"} interval={data.search.interval ?? "day"} />
    </div>
  );
}

function Shown({ report, kind, by, interval }: { report: Whole; kind: ReportKind; by: By; interval: Interval }) {
  const { t } = useTranslation("reports");
  const format = useFormat(report.timeZone);
  const nameOf = useCallback(({ name, key }: Line) => name ?? key ?? t(`nobody.${by}`), [t, by]);
  const hasChart = interval !== "none" || report.series.length > 0;
  return (
    <>
      <Totals report={report} kind={kind} />
      {!report.isHistoryComplete && <Banner tone="info" title={t("incomplete")} />}
      {hasChart && (
        <Card
          title={t(`figures.${SHAPES[kind].main}`)}
          description={report.series.length > 6 ? t("largest") : undefined}
        >
          <Suspense
            fallback={
              <Loading>
                <Skeleton variant="block" height="16rem" />
              </Loading>
            }
          >
            <ReportChart report={report} kind={kind} interval={interval} nameOf={nameOf} />
          </Suspense>
        </Card>
      )}
      <Card title={t("table")} isFlush>
        <ReportTable report={report} kind={kind} by={by} interval={interval} nameOf={nameOf} />
      </Card>
      <p className="soft">
        {t("zone", { zone: report.timeZone })}
        {report.completeUntil && ` ${t("until", { at: format.dateTime(report.completeUntil) })}`}
        {report.seriesTotal > report.series.length &&
          ` ${t("part", { shown: format.number(report.series.length), total: format.number(report.seriesTotal) })}`}
      </p>
    </>
  );
}

function Totals({ report, kind }: { report: Whole; kind: ReportKind }) {
  const { t } = useTranslation("reports");
  const format = useFormat(report.timeZone);
  const { main, figures } = SHAPES[kind];
  const { total, compared } = report;
  return (
    <dl className={styles.totals}>
      {figures.map((figure) => (
        <div key={figure} className={styles.total}>
          <dt>{t(`figures.${figure}`)}</dt>
          <dd className={figure === main ? styles.main : styles.figure}>
            {figureText(figure, total.figures[figure], format)}
          </dd>
          {compared && figure === main && (
            <dd className="soft">
              {t("than", {
                change: changeText(total.change_percent, format.percent),
                value: figureText(main, total.compared?.[main], format),
              })}
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}
