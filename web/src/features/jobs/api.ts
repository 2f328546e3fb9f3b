// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Jobs read and decided on: of each kind by its own part of the API, told alike. */
import { queryOptions } from "@tanstack/react-query";
import { useEffect } from "react";

import {
  cancelBulkCommand,
  cancelChargerChange,
  cancelImport,
  cancelJob,
  cancelTokenChange,
  getBulkCommand,
  getChargerChange,
  getImport,
  getJob,
  getTokenChange,
  listBulkCommands,
  listBulkResults,
  listChargerChangeResults,
  listChargerChanges,
  listImportRows,
  listImports,
  listJobs,
  listTokenChangeResults,
  listTokenChanges,
  retryBulkCommand,
  retryChargerChange,
  retryImport,
  retryTokenChange,
} from "@/api/sdk.gen";
import { queries } from "@/app/queries";
import { ofChange, ofCommand, ofImport, ofJob, type Job, type Result } from "@/features/jobs/model";
import type { JobsSearch, Source } from "@/features/jobs/search";
import { instantsOf } from "@/lib/days";
import { throttled, type ServerPage } from "@/lib/lists";
import { hear, onResync, useLive } from "@/lib/live";
import { Rows } from "@/lib/rows";
import { without } from "@/lib/search";

export const jobRows = new Rows<Job>();
export const resultRows = new Rows<Result>();

const PAGE = 100;
const LEAST_MS = 1_500;
/** Where the stream may not be heard, or says nothing of what is looked at. */
const AGAIN_MS = 4_000;

export const READS: Readonly<Record<Source, string>> = {
  commands: "charger:charger:read",
  chargers: "charger:charger:read",
  tags: "token:token:read",
  imports: "data:import:read",
  background: "system:job:read",
};

/** Under which name the views of each list are kept. */
export const SCREENS = {
  commands: "bulk_commands",
  chargers: "bulk_changes",
  tags: "token_changes",
  imports: "imports",
  background: "jobs",
} as const satisfies Readonly<Record<Source, string>>;

/** Names of the operations, as the `can` of a job has them. */
export const CANCEL: Readonly<Record<Source, string>> = {
  commands: "cancel_bulk_command",
  chargers: "cancel_charger_change",
  tags: "cancel_token_change",
  imports: "cancel_import",
  background: "cancel_job",
};
export const RETRY: Readonly<Record<Source, string>> = {
  commands: "retry_bulk_command",
  chargers: "retry_charger_change",
  tags: "retry_token_change",
  imports: "retry_import",
  background: "",
};

/** What narrows the list, in the words of the API. */
export function filterOf({ of, status, actor, begun }: JobsSearch, zone: string): Record<string, string | string[]> {
  const span = begun && instantsOf(begun, zone);
  const statuses = of === "background" ? status?.map((each) => (each === "done" ? "succeeded" : each)) : status;
  return without({
    status: statuses,
    [of === "background" ? "actor" : "actor_name"]: actor,
    "created_at[gte]": span?.from,
    "created_at[lt]": span?.to,
  }) as Record<string, string | string[]>;
}

export const LISTS: Readonly<Record<Source, string>> = {
  commands: "/api/v1/bulk-commands",
  chargers: "/api/v1/bulk/charger-changes",
  tags: "/api/v1/bulk/token-changes",
  imports: "/api/v1/imports",
  background: "/api/v1/jobs",
};

type Query = Record<string, string | string[]>;

export async function loadJobs(
  source: Source,
  filter: Query,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<Job>> {
  const options = { query: { ...filter, limit: PAGE, cursor } as object, signal, throwOnError: true } as const;
  switch (source) {
    case "commands": {
      const { data } = await listBulkCommands(options);
      return { ...data, items: data.items.map(ofCommand) };
    }
    case "chargers": {
      const { data } = await listChargerChanges(options);
      return { ...data, items: data.items.map((item) => ofChange("chargers", item)) };
    }
    case "tags": {
      const { data } = await listTokenChanges(options);
      return { ...data, items: data.items.map((item) => ofChange("tags", item)) };
    }
    case "imports": {
      const { data } = await listImports(options);
      return { ...data, items: data.items.map(ofImport) };
    }
    case "background": {
      const { data } = await listJobs(options);
      return { ...data, items: data.items.map(ofJob) };
    }
  }
}

async function readJob(source: Source, id: string, signal: AbortSignal): Promise<Job> {
  const common = { signal, throwOnError: true } as const;
  switch (source) {
    case "commands":
      return ofCommand((await getBulkCommand({ path: { bulk_id: id }, ...common })).data);
    case "chargers":
      return ofChange(source, (await getChargerChange({ path: { charger_change_id: id }, ...common })).data);
    case "tags":
      return ofChange(source, (await getTokenChange({ path: { token_change_id: id }, ...common })).data);
    case "imports":
      return ofImport((await getImport({ path: { import_id: id }, ...common })).data);
    case "background":
      return ofJob((await getJob({ path: { job_id: id }, ...common })).data);
  }
}

export function jobQuery(source: Source, id: string) {
  return queryOptions({
    queryKey: ["jobs", "one", source, id],
    queryFn: ({ signal }) => readJob(source, id, signal),
    staleTime: 0,
  });
}

export function resultsPath({ source, id }: Pick<Job, "source" | "id">): string {
  return `${LISTS[source]}/${encodeURIComponent(id)}/${source === "imports" ? "rows" : "results"}`;
}

export async function loadResults(
  source: Exclude<Source, "background">,
  id: string,
  filter: Query,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<Result>> {
  const options = { query: { ...filter, limit: PAGE, cursor } as object, signal, throwOnError: true } as const;
  switch (source) {
    case "commands": {
      const { data } = await listBulkResults({ path: { bulk_id: id }, ...options });
      const items = data.items.map(
        ({ charger_id: charger, status, reason, result: answer, sent_at: sent, finished_at: finished }) => {
          return { id: charger, name: charger, charger, status, reason, answer, sent, finished };
        },
      );
      return { ...data, items };
    }
    case "chargers": {
      const { data } = await listChargerChangeResults({ path: { charger_change_id: id }, ...options });
      const items = data.items.map(({ charger_id: charger, status, reason, finished_at: finished }) => {
        return { id: charger, name: charger, charger, status, reason, finished, sent: null, answer: null };
      });
      return { ...data, items };
    }
    case "tags": {
      const { data } = await listTokenChangeResults({ path: { token_change_id: id }, ...options });
      const items = data.items.map(({ token_id: tag, value: name, status, reason, finished_at: finished }) => {
        return { id: tag, name, tag, status, reason, finished, sent: null, answer: null };
      });
      return { ...data, items };
    }
    case "imports": {
      const { data } = await listImportRows({ path: { import_id: id }, ...options });
      const items = data.items.map(({ number, status, subject, reason, errors }) => {
        const told = errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join("; ");
        const common = { sent: null, finished: null, answer: null };
        return { id: String(number), name: subject ?? "", status, reason: told || reason, ...common };
      });
      return { ...data, items };
    }
  }
}

/** Whose turn has not come stays as it is. */
export async function cancelRest({ source, id }: Job): Promise<void> {
  const common = { throwOnError: true } as const;
  switch (source) {
    case "commands":
      await cancelBulkCommand({ path: { bulk_id: id }, ...common });
      break;
    case "chargers":
      await cancelChargerChange({ path: { charger_change_id: id }, ...common });
      break;
    case "tags":
      await cancelTokenChange({ path: { token_change_id: id }, ...common });
      break;
    case "imports":
      await cancelImport({ path: { import_id: id }, ...common });
      break;
    case "background":
      await cancelJob({ path: { job_id: id }, ...common });
  }
  jobsChanged();
}

/** Again where it failed. */
export async function retryFailed({ source, id }: Job): Promise<void> {
  const common = { throwOnError: true } as const;
  if (source === "commands") await retryBulkCommand({ path: { bulk_id: id }, ...common });
  else if (source === "chargers") await retryChargerChange({ path: { charger_change_id: id }, ...common });
  else if (source === "tags") await retryTokenChange({ path: { token_change_id: id }, ...common });
  else if (source === "imports") await retryImport({ path: { import_id: id }, ...common });
  jobsChanged();
}

function jobsChanged(): void {
  void queries.invalidateQueries({ queryKey: ["jobs"] });
}

/** What is shown is read again when something happened, and now and then while something is under way. */
export function useLiveJobs(isUnderWay: boolean): void {
  const isPaused = useLive(({ paused }) => paused);
  useEffect(() => {
    if (isPaused) return;
    const again = throttled(jobsChanged, LEAST_MS);
    const deaf = hear(["job_progressed", "command_closed"], again.call);
    const synced = onResync(again.call);
    const timer = isUnderWay ? setInterval(again.call, AGAIN_MS) : undefined;
    return () => {
      deaf();
      synced();
      again.stop();
      clearInterval(timer);
    };
  }, [isUnderWay, isPaused]);
}
