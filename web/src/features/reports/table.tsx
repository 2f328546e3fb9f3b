// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A report as a table: a row for each of what it is divided by, otherwise for each period. */
import { useTranslation } from "react-i18next";

import { figureText, periodText, SHAPES, type Line, type Value, type Whole } from "@/features/reports/model";
import type { By, Interval, ReportKind } from "@/features/reports/search";
import { Table, TextLink, type TableColumn } from "@/kit";
import { useFormat } from "@/lib/format";

const PLACES: Partial<Record<By, string>> = { site: "/sites", charger: "/chargers" };

interface Row extends Value {
  id: string;
  name: string;
  to?: string;
  at: string | null;
}

interface ReportTableProps {
  report: Whole;
  kind: ReportKind;
  by: By;
  interval: Interval;
  nameOf: (line: Line) => string;
}

export function ReportTable({ report, kind, by, interval, nameOf }: ReportTableProps) {
  const { t } = useTranslation("reports");
  const format = useFormat(report.timeZone);
  const { main, figures } = SHAPES[kind];
  const isDivided = by !== "none";
  const place = PLACES[by];
  const rows: Row[] = isDivided
    ? report.series.map((line) => ({
        ...line.total,
        id: line.key ?? "",
        name: nameOf(line),
        to: place && line.key !== null ? `${place}/${encodeURIComponent(line.key)}` : undefined,
        at: null,
      }))
    : report.points.map((point) => ({
        ...point,
        id: point.start,
        name: periodText(point, interval, format),
        at: point.start,
      }));
  const columns: TableColumn<Row>[] = [
    {
      id: "name",
      label: t(isDivided ? `by.${by}` : "columns.period"),
      render: ({ name, to }) => (to ? <TextLink to={to}>{name}</TextLink> : name),
      sortValue: ({ at, name }) => at ?? name,
    },
    ...figures.map((figure) => ({
      id: figure,
      label: t(`figures.${figure}`),
      align: "end" as const,
      render: (row: Row) => figureText(figure, row.figures[figure], format),
      sortValue: (row: Row) => row.figures[figure] ?? null,
    })),
  ];
  if (report.compared) {
    columns.push(
      {
        id: "compared",
        label: t("compared"),
        align: "end",
        render: ({ compared }) => figureText(main, compared?.[main], format),
        sortValue: ({ compared }) => compared?.[main] ?? null,
      },
      {
        id: "change",
        label: t("columns.change"),
        align: "end",
        render: ({ change_percent: change }) => changeText(change, format.percent),
        sortValue: ({ change_percent: change }) => change,
      },
    );
  }
  return <Table label={t("table")} columns={columns} rows={rows} rowId={({ id }) => id} />;
}

/** With its sign, since more and less are what one looks for. */
export function changeText(percent: number | null, text: (share: number) => string): string {
  if (percent === null) return "–";
  const words = text(Math.abs(percent) / 100);
  return percent > 0 ? `+${words}` : percent < 0 ? `−${words}` : words;
}
