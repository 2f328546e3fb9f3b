// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Everything that is done to many, or in the background: how far it is, and where somebody has to look. */
import { getRouteApi } from "@tanstack/react-router";
import { ListChecks } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { useMay } from "@/app/me";
import { filterOf, jobRows, LISTS, loadJobs, READS, SCREENS, useLiveJobs } from "@/features/jobs/api";
import styles from "@/features/jobs/jobs.module.css";
import { isUnderWay, jobPath, type Job } from "@/features/jobs/model";
import { JobBadge, JobProgress, useJobName, useTimeLeft } from "@/features/jobs/parts";
import { readSearch, SOURCES, type JobsSearch, type Source } from "@/features/jobs/search";
import {
  Ago,
  Button,
  DataGrid,
  EmptyState,
  ExportMenu,
  FilterBar,
  NoPermission,
  PageHeader,
  SavedViews,
  Tabs,
  type FilterDefinition,
  type GridColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/jobs");
const STATUSES: Readonly<Record<Source, readonly string[]>> = {
  commands: ["running", "done", "cancelled"],
  chargers: ["running", "done", "cancelled", "failed"],
  tags: ["running", "done", "cancelled", "failed"],
  imports: ["queued", "running", "done", "cancelled", "failed"],
  background: ["queued", "running", "done", "cancelled", "failed"],
};

export function JobsPage() {
  const { t } = useTranslation("jobs");
  const format = useFormat();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const shown = SOURCES.filter((source) => may(READS[source]));
  const [first] = shown;
  if (first === undefined) {
    return (
      <>
        <PageHeader title={t("title")} />
        <NoPermission permission={READS.commands} />
      </>
    );
  }
  const wanted = search.of ?? "commands";
  const source = shown.includes(wanted) ? wanted : first;
  const narrowed = { ...search, of: source };
  return (
    <div className={styles.page}>
      <PageHeader
        title={t("title")}
        actions={
          may("data:list:export") && (
            <ExportMenu
              name={`jobs-${source}`}
              path={(as) => apiPath(LISTS[source], { ...filterOf(narrowed, format.zone), format: as })}
            />
          )
        }
      />
      <Tabs<Source>
        label={t("title")}
        items={shown.map((id) => ({ id, label: t(`tabs.${id}`) }))}
        selected={source}
        onChange={(next) => void navigate({ search: next === "commands" ? {} : { of: next } })}
      >
        <JobList key={source} source={source} search={narrowed} />
      </Tabs>
    </div>
  );
}

function useColumns(source: Source): GridColumn<Job>[] {
  const { t } = useTranslation("jobs");
  const format = useFormat();
  return useMemo(() => {
    const all: (GridColumn<Job> | false)[] = [
      { id: "what", label: t(`what.${source}`), width: 240, render: (job) => <Name job={job} /> },
      { id: "status", label: t("columns.status"), width: 140, render: ({ status }) => <JobBadge status={status} /> },
      {
        id: "progress",
        label: t("columns.progress"),
        width: 170,
        render: (job) => <JobProgress job={job} isLabelHidden />,
      },
      source !== "background" && {
        id: "failed",
        label: t("columns.failed"),
        width: 100,
        align: "end",
        render: ({ failed }) => (failed ? format.number(failed) : "–"),
      },
      { id: "actor", label: t("columns.actor"), width: 150, render: ({ actor }) => actor ?? t("system") },
      { id: "begun", label: t("columns.begun"), width: 150, render: ({ begun }) => <Ago at={begun} /> },
      { id: "end", label: t("columns.finished"), width: 170, render: (job) => <End job={job} /> },
    ];
    return all.filter((column) => column !== false);
  }, [t, format, source]);
}

function Name({ job }: { job: Job }) {
  const name = useJobName();
  return <>{name(job)}</>;
}

function End({ job }: { job: Job }) {
  const left = useTimeLeft(job);
  if (job.finished) return <Ago at={job.finished} />;
  return <>{left ?? "–"}</>;
}

function useFilters(source: Source): FilterDefinition[] {
  const { t } = useTranslation("jobs");
  return useMemo(
    () => [
      {
        id: "status",
        kind: "options",
        label: t("columns.status"),
        options: STATUSES[source].map((id) => ({ id, label: t(`status.${id}`) })),
      },
      { id: "actor", kind: "text", label: t("columns.actor"), placeholder: t("actorText") },
      { id: "begun", kind: "date_range", label: t("columns.begun") },
    ],
    [t, source],
  );
}

function JobList({ source, search }: { source: Source; search: JobsSearch }) {
  const { t } = useTranslation("jobs");
  const format = useFormat();
  const may = useMay();
  const navigate = route.useNavigate();
  const nameOf = useJobName();
  const filter = filterOf(search, format.zone);
  const list = useServerList<Job>({
    queryKey: ["jobs", "list", source, filter],
    rows: jobRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadJobs(source, filter, cursor, signal),
  });
  useLiveJobs(list.ids.some((id) => isUnderWay(jobRows.get(id) ?? { status: "done" })));
  const { status, actor, begun } = search;
  const isNarrowed = Boolean(status ?? actor ?? begun);
  const of = source === "commands" ? undefined : source;
  const narrow = (values: Record<string, unknown>) => {
    void navigate({ search: readSearch({ ...values, of }), replace: true });
  };
  return (
    <div className={styles.panel}>
      <FilterBar filters={useFilters(source)} value={{ status, actor, begun }} onChange={narrow}>
        <SavedViews
          screen={SCREENS[source]}
          path="/jobs"
          search={{ of, status, actor, begun }}
          query={filter}
          isBare={!isNarrowed}
          mayShare={may("view:view:share")}
        />
      </FilterBar>
      <DataGrid<Job>
        keptAs="jobs"
        label={t(`tabs.${source}`)}
        columns={useColumns(source)}
        {...list.grid}
        isLoading={list.grid.isLoading && !list.isRefreshing}
        rowName={nameOf}
        onOpen={(id) => void navigate({ to: jobPath({ id, source }) })}
        href={jobPath}
        toolbar={
          list.ids.length > 0 && (
            <span className={styles.count}>{t(list.isWhole ? "list.count" : "list.about", { count: list.total })}</span>
          )
        }
        empty={
          isNarrowed ? (
            <EmptyState
              title={t("empty.filtered")}
              text={t("empty.filteredText")}
              action={<Button onPress={() => narrow({})}>{t("empty.clear")}</Button>}
            />
          ) : (
            <Nothing source={source} />
          )
        }
      />
    </div>
  );
}

/** Nothing yet: what it is, and where it begins. */
function Nothing({ source }: { source: Source }) {
  const { t } = useTranslation("jobs");
  const may = useMay();
  const navigate = route.useNavigate();
  const places: Readonly<Record<Source, { to: string; permission: string } | null>> = {
    commands: { to: "/chargers", permission: "charger:command:send" },
    chargers: { to: "/chargers", permission: "charger:charger:update" },
    tags: { to: "/tags", permission: "token:token:update" },
    imports: { to: "/chargers/import", permission: "data:import:run" },
    background: null,
  };
  const place = places[source];
  return (
    <EmptyState
      icon={<ListChecks aria-hidden />}
      title={t(`empty.${source}.title`)}
      text={t(`empty.${source}.text`)}
      action={
        place &&
        may(place.permission) && (
          <Button variant="primary" onPress={() => void navigate({ to: place.to })}>
            {t(`empty.${source}.action`)}
          </Button>
        )
      }
    />
  );
}
