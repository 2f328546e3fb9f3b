// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What csms runs on: each of its processes and how it does, and what the database works at longest. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { listProcesses, listStatements } from "@/api/sdk.gen";
import type { Process, Statement } from "@/api/types.gen";
import styles from "@/features/system/system.module.css";
import {
  Ago,
  Badge,
  Card,
  CopyButton,
  EmptyState,
  ErrorState,
  KeyValue,
  Loading,
  Skeleton,
  Table,
  useNarrow,
  type TableColumn,
} from "@/kit";
import { useFormat, type Format } from "@/lib/format";

const AGAIN_MS = 10_000;
const NONE = "–";

export function Load() {
  return (
    <div className={styles.stack}>
      <Processes />
      <Statements />
    </div>
  );
}

function Processes() {
  const { t } = useTranslation("system");
  const { data, error, refetch } = useQuery({
    queryKey: ["system", "processes"],
    queryFn: async ({ signal }) => (await listProcesses({ signal, throwOnError: true })).data.items,
    refetchInterval: AGAIN_MS,
  });
  const columns = useColumns();
  const isNarrow = useNarrow();
  return (
    <Card title={t("load.processes")} description={t("load.processesText")} isFlush>
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className={styles.padded}>
          <Loading>
            <Skeleton lines={4} />
          </Loading>
        </div>
      ) : isNarrow && data.length ? (
        <ul className={styles.list} aria-label={t("load.processes")}>
          {data.map((row) => (
            <li key={row.id} className={styles.padded}>
              <Name row={row} />
              <KeyValue items={columns.slice(1).map(({ id, label, render }) => ({ id, label, value: render(row) }))} />
            </li>
          ))}
        </ul>
      ) : (
        <Table
          label={t("load.processes")}
          rows={data}
          rowId={({ id }) => id}
          columns={columns}
          empty={<EmptyState isCompact title={t("load.noProcesses")} text={t("load.noProcessesText")} />}
        />
      )}
    </Card>
  );
}

type Figures = Process["figures"];

/** Columns of numbers: how a figure is told, and what it is sorted by. */
const NUMBERS: readonly [string, (figures: Figures) => number | null, (value: number, format: Format) => string][] = [
  ["connections", (of) => of.connections, (value, format) => format.number(value)],
  ["messages", (of) => of.messages_per_s, (value, format) => format.number(value, 1)],
  ["answers", (of) => of.answer_p99_ms, (value, format) => format.milliseconds(value)],
  ["waiting", (of) => of.inbox_depth, (value, format) => format.number(value)],
  ["groups", (of) => of.group_p99_ms, (value, format) => format.milliseconds(value)],
  ["groupSize", (of) => of.group_messages, (value, format) => format.number(value, 1)],
  ["requests", (of) => of.requests_per_s, (value, format) => format.number(value, 1)],
  ["requestTime", (of) => of.request_p99_ms, (value, format) => format.milliseconds(value)],
  ["lag", (of) => of.loop_lag_ms, (value, format) => format.milliseconds(value)],
  ["cpu", (of) => of.cpu_share, (value, format) => format.percent(value, 0)],
  ["memory", (of) => of.memory_bytes, (value, format) => format.bytes(value)],
  ["outbox", (of) => of.outbox_lag_s, (value, format) => format.duration(value)],
  ["jobs", (of) => of.jobs_running, (value, format) => format.number(value)],
];

function useColumns(): TableColumn<Process>[] {
  const { t } = useTranslation("system");
  const format = useFormat();
  return [
    { id: "process", label: t("load.process"), render: (row) => <Name row={row} /> },
    ...NUMBERS.map(([id, read, tell]): TableColumn<Process> => ({
      id,
      label: t(`load.${id}`),
      align: "end",
      sortValue: ({ figures }) => read(figures),
      render: ({ figures }) => {
        const value = read(figures);
        return value === null ? NONE : tell(value, format);
      },
    })),
    {
      id: "pools",
      label: t("load.pools"),
      render: ({ figures }) => (
        <span dir="ltr" className="mono">
          {figures.pools.map(({ name, size, used }) => `${name} ${used}/${size}`).join(" · ")}
        </span>
      ),
    },
  ];
}

function Name({ row }: { row: Process }) {
  const { t } = useTranslation("system");
  return (
    <div className={styles.process}>
      <span className={styles.name}>{t(`load.roles.${row.role}`, { defaultValue: row.role })}</span>{" "}
      {row.lost && <Badge tone="danger">{t("load.lost")}</Badge>}
      {!row.figures.bus_connected && <Badge tone="warning">{t("load.alone")}</Badge>}
      <div className="soft">
        <span dir="ltr" className="mono">
          {row.host} · {row.pid}
        </span>{" "}
        · {row.version}
      </div>
      <div className="soft">
        {t(row.lost ? "load.seen" : "load.since")} <Ago at={row.lost ? row.seen_at : row.started_at} />
      </div>
    </div>
  );
}

function Statements() {
  const { t } = useTranslation("system");
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ["system", "statements"],
    queryFn: async ({ signal }) => (await listStatements({ signal, throwOnError: true })).data,
    refetchInterval: 6 * AGAIN_MS,
  });
  return (
    <Card
      title={t("load.statements")}
      description={data?.since ? t("load.statementsSince", { at: format.dateTime(data.since) }) : undefined}
      isFlush
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className={styles.padded}>
          <Loading>
            <Skeleton lines={6} />
          </Loading>
        </div>
      ) : data.available ? (
        <Counted statements={data.items} />
      ) : (
        <EmptyState isCompact title={t("load.notCounted")} text={t("load.notCountedText")} />
      )}
    </Card>
  );
}

function Counted({ statements }: { statements: readonly Statement[] }) {
  const { t } = useTranslation("system");
  const format = useFormat();
  const all = statements.reduce((sum, { total_ms: total }) => sum + total, 0);
  const number = (
    id: string,
    read: (row: Statement) => number,
    tell: (value: number) => string,
  ): TableColumn<Statement> => ({
    id,
    label: t(`load.${id}`),
    align: "end",
    sortValue: read,
    render: (row) => tell(read(row)),
  });
  return (
    <Table
      label={t("load.statements")}
      rows={statements}
      rowId={({ role, text }) => `${role} ${text}`}
      empty={<EmptyState isCompact title={t("load.noStatements")} text={t("load.noStatementsText")} />}
      columns={[
        number(
          "share",
          ({ total_ms: total }) => total / (all || 1),
          (value) => format.percent(value, 0),
        ),
        number(
          "calls",
          ({ calls }) => calls,
          (value) => format.number(value),
        ),
        number("mean", ({ mean_ms: mean }) => mean, format.milliseconds),
        number("longest", ({ max_ms: longest }) => longest, format.milliseconds),
        number(
          "rows",
          ({ rows }) => rows,
          (value) => format.number(value),
        ),
        {
          id: "text",
          label: t("load.statement"),
          render: ({ text }) => (
            <div dir="ltr" className={styles.statement}>
              <code lang="en">{text}</code>
              <CopyButton text={text} label={t("load.copy")} />
            </div>
          ),
        },
      ]}
    />
  );
}
