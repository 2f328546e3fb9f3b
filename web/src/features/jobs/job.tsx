// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One job: how far it is, what became of it at each, and what can be done about that. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Ban, RotateCw } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import {
  CANCEL,
  cancelRest,
  jobQuery,
  loadResults,
  READS,
  resultRows,
  resultsPath,
  RETRY,
  retryFailed,
  useLiveJobs,
} from "@/features/jobs/api";
import styles from "@/features/jobs/jobs.module.css";
import { answerStatus, isUnderWay, lookOf, RESULTS, type Job, type Result } from "@/features/jobs/model";
import { JobBadge, JobProgress, useJobName, useTimeLeft } from "@/features/jobs/parts";
import { readOne, type JobSearch, type Source } from "@/features/jobs/search";
import {
  AwaitedPage,
  Badge,
  Banner,
  Button,
  Card,
  Chip,
  Columns,
  ConfirmDialog,
  DataGrid,
  EmptyState,
  ExportMenu,
  FilterBar,
  JsonView,
  KeyValue,
  Page,
  Panel,
  SearchBox,
  TextLink,
  toast,
  type Fact,
  type FilterDefinition,
  type GridColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useSiteWords } from "@/kit/sites";
import { useMay } from "@/lib/me";
import { apiPath } from "@/lib/search";
import { conditionsOf, type Condition } from "@/lib/targets";

const route = getRouteApi("/signed-in/jobs/$id");
const TYPED_FROM = 20;

export function JobPage() {
  const { t } = useTranslation("jobs");
  const { id } = route.useParams();
  const { of: source = "commands" } = route.useSearch();
  const may = useMay();
  const isAllowed = may(READS[source]);
  const query = useQuery({ ...jobQuery(source, id), enabled: isAllowed });
  useLiveJobs(query.data ? isUnderWay(query.data) : false);
  if (query.data) return <JobView key={query.data.id} job={query.data} />;
  return (
    <AwaitedPage title={t("one")} list={{ label: t("title"), to: "/jobs" }} permission={READS[source]} query={query} />
  );
}

function JobView({ job }: { job: Job }) {
  const { t } = useTranslation("jobs");
  const name = useJobName()(job);
  const { source } = job;
  const list = { label: t("title"), to: source === "commands" ? "/jobs" : `/jobs?of=${source}` };
  return (
    <Page
      title={name}
      status={<JobBadge status={job.status} />}
      breadcrumbs={[list, { label: name }]}
      actions={
        <>
          {source !== "background" && (
            <ExportMenu name={`job-${job.id}`} path={(as) => apiPath(resultsPath(job), { format: as })} />
          )}
          <Decisions job={job} name={name} />
        </>
      }
    >
      {job.error && (
        <Banner tone="danger" title={t("stopped")} live="off">
          <span dir="auto">{job.error}</span>
        </Banner>
      )}
      <Summary job={job} />
      {source !== "background" && <Results job={job} source={source} />}
    </Page>
  );
}

/** What can be decided now. */
function Decisions({ job, name }: { job: Job; name: string }) {
  const { t } = useTranslation("jobs");
  const format = useFormat();
  const [asked, setAsked] = useState<"cancel" | "retry" | null>(null);
  const { source, failed, waiting, total } = job;
  const mayRetry = job.can[RETRY[source]] ?? false;
  const mayCancel = job.can[CANCEL[source]] ?? false;
  // a change goes on with what still waits, too; a command that was cancelled stays so
  const left = source === "chargers" || source === "tags" ? failed + waiting : failed;
  const isOver = source === "commands" || source === "imports" ? job.status === "done" : !isUnderWay(job);
  const count = asked === "retry" ? left : source === "background" ? (total ?? 0) - job.over : waiting;
  const confirm = async () => {
    await (asked === "retry" ? retryFailed(job) : cancelRest(job));
    toast({ tone: "success", title: t(`${asked ?? "cancel"}.told`, { name }) });
  };
  return (
    <>
      {mayCancel && isUnderWay(job) && (
        <Button icon={<Ban aria-hidden />} onPress={() => setAsked("cancel")}>
          {t(source === "background" ? "cancel.job" : "cancel.action")}
        </Button>
      )}
      {mayRetry && isOver && left > 0 && !job.isTrial && (
        <Button variant="primary" icon={<RotateCw aria-hidden />} onPress={() => setAsked("retry")}>
          {t("retry.action", { count: left })}
        </Button>
      )}
      {asked && (
        <ConfirmDialog
          isOpen
          onOpenChange={(isOpen) => isOpen || setAsked(null)}
          title={t(`${asked}.title`, { name })}
          consequence={t(asked === "cancel" && source === "background" ? "cancel.jobText" : `${asked}.text.${source}`, {
            count,
          })}
          confirmLabel={t(asked === "retry" ? "retry.do" : "cancel.do")}
          isDanger={asked === "cancel"}
          typed={asked === "retry" && source === "commands" && left >= TYPED_FROM ? format.number(left) : undefined}
          onConfirm={confirm}
        />
      )}
    </>
  );
}

function Summary({ job }: { job: Job }) {
  const { t } = useTranslation("jobs");
  const format = useFormat();
  const left = useTimeLeft(job);
  const { source, settings, counts } = job;
  const facts: Fact[] = [
    { label: t("columns.actor"), value: job.actor ?? t("system") },
    { label: t("columns.begun"), value: format.exact(job.begun) },
    job.finished
      ? { label: t("columns.finished"), value: format.exact(job.finished) }
      : { label: t("columns.left"), value: left },
  ];
  if (job.round) facts.push({ label: t("facts.round"), value: format.number(job.round) });
  if (settings.atOnce) facts.push({ label: t("facts.atOnce"), value: format.number(settings.atOnce) });
  if (settings.queue) facts.push({ label: t("facts.queue"), value: format.duration(settings.queue) });
  if (settings.attempts) facts.push({ label: t("facts.attempts"), value: format.number(settings.attempts) });
  if (source === "commands" || source === "chargers" || source === "tags")
    facts.push({ label: t("facts.whom"), value: <Whom job={job} />, isWide: true });
  const statuses = source === "background" ? [] : RESULTS[source].filter((status) => counts[status]);
  return (
    <Columns>
      <Card title={t("facts.title")}>
        <Panel>
          <JobProgress job={job} />
          {statuses.length > 0 && (
            <ul className={styles.counts} aria-label={t("facts.counts")}>
              {statuses.map((status) => (
                <li key={status}>
                  <Badge tone={lookOf(status)}>
                    {t("facts.count", { status: t(`results.${status}`), count: counts[status] })}
                  </Badge>
                </li>
              ))}
            </ul>
          )}
          <KeyValue items={facts} />
        </Panel>
      </Card>
      {job.details !== null && (
        <Card title={t(source === "background" ? "facts.result" : `facts.details.${source}`)}>
          <JsonView value={job.details} hasTools={false} />
        </Card>
      )}
    </Columns>
  );
}

const NONE: Condition[] = [];

function Whom({ job: { filter, source } }: { job: Job }) {
  const { t } = useTranslation(["jobs", "chargers"]);
  const format = useFormat();
  const conditions = useMemo(() => filter && conditionsOf(filter), [filter]);
  const wordsOf = useSiteWords(conditions ?? NONE);
  if (!conditions) return <>{t("whom.named")}</>;
  if (!conditions.length) return <>{t(`whom.all.${source}`)}</>;
  return (
    <span className={styles.chips}>
      {conditions.map((condition) => {
        const { field, compares } = condition;
        const values = wordsOf(condition);
        const name = t(`fields.${field}`, { defaultValue: field });
        const text =
          field === "id" && values.length > 3
            ? t("whom.count", { count: values.length })
            : format.list(values.slice(0, 5));
        return (
          <Chip key={`${field}${compares}`}>
            {t(compares === "prefix" ? "whom.begins" : "whom.is", { name, value: text })}
          </Chip>
        );
      })}
    </span>
  );
}

function useResultColumns(source: Exclude<Source, "background">): GridColumn<Result>[] {
  const { t } = useTranslation("jobs");
  const format = useFormat();
  return useMemo(() => {
    const time = (at: string | null) => (at === null ? "–" : format.dateTime(at));
    const isCommand = source === "commands";
    const isImport = source === "imports";
    const all: (GridColumn<Result> | false)[] = [
      isImport && { id: "row", label: t("columns.row"), width: 90, render: ({ id }) => id },
      {
        id: "name",
        label: t(`subjects.${source}`),
        width: 170,
        render: (row) => <Subject row={row} />,
      },
      {
        id: "status",
        label: t("columns.status"),
        width: 150,
        render: ({ status }) => <Badge tone={lookOf(status)}>{t(`results.${status}`, { defaultValue: status })}</Badge>,
      },
      isCommand && {
        id: "answer",
        label: t("columns.answer"),
        width: 150,
        render: ({ answer }) => <span className="mono">{answerStatus(answer) ?? "–"}</span>,
      },
      { id: "reason", label: t("columns.reason"), width: 300, render: ({ reason }) => reason ?? "–" },
      isCommand && { id: "sent", label: t("columns.sent"), width: 180, render: ({ sent }) => time(sent) },
      !isImport && { id: "end", label: t("columns.finished"), width: 180, render: ({ finished }) => time(finished) },
    ];
    return all.filter((column) => column !== false);
  }, [t, format, source]);
}

function Subject({ row: { name, charger, tag } }: { row: Result }) {
  if (charger) return <TextLink to={`/chargers/${encodeURIComponent(charger)}`}>{name}</TextLink>;
  if (tag) return <TextLink to={`/tags/${encodeURIComponent(tag)}`}>{name}</TextLink>;
  return <>{name || "–"}</>;
}

function Results({ job: { id }, source }: { job: Job; source: Exclude<Source, "background"> }) {
  const { t } = useTranslation("jobs");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = { ...(search.status && { status: search.status }), ...(search.q && { q: search.q }) };
  const list = useServerList<Result>({
    queryKey: ["jobs", "results", source, id, filter],
    rows: resultRows,
    idOf: (row) => row.id,
    load: (cursor, signal) => loadResults(source, id, filter, cursor, signal),
  });
  const filters = useMemo<FilterDefinition[]>(
    () => [
      {
        id: "status",
        kind: "options",
        label: t("columns.status"),
        options: RESULTS[source].map((each) => ({ id: each, label: t(`results.${each}`) })),
      },
    ],
    [t, source],
  );
  const of = source === "commands" ? undefined : source;
  const narrow = (next: JobSearch) => {
    void navigate({ search: readOne({ ...next, of }), replace: true });
  };
  return (
    <Card title={t("facts.each")}>
      <Panel>
        <FilterBar
          filters={filters}
          value={{ status: search.status }}
          onChange={(values) => narrow({ ...values, q: search.q })}
        >
          <SearchBox
            label={t("search")}
            value={search.q}
            onSearch={(q) => narrow({ status: search.status, q: q || undefined })}
          />
        </FilterBar>
        <DataGrid<Result>
          label={t("facts.each")}
          columns={useResultColumns(source)}
          {...list.grid}
          isLoading={list.grid.isLoading && !list.isRefreshing}
          rowName={({ name, id: row }) => name || row}
          count={t(list.isWhole ? "list.each" : "list.aboutEach", { count: list.total })}
          empty={
            search.status || search.q ? (
              <EmptyState
                isCompact
                title={t("empty.each")}
                action={<Button onPress={() => narrow({})}>{t("empty.clear")}</Button>}
              />
            ) : (
              <EmptyState isCompact title={t("empty.none")} />
            )
          }
        />
      </Panel>
    </Card>
  );
}
