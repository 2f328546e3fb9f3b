// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Whatever is done to many, or in the background, told alike. */
import type { BulkChange, BulkCommand, Import, ImportItem, JobItem } from "@/api/types.gen";
import type { Source } from "@/features/jobs/search";

export type JobStatus = "queued" | "running" | "done" | "cancelled" | "failed";

export interface Job {
  id: string;
  source: Source;
  status: JobStatus;
  /** The type of a command, the fields of a change, the kind of an import or of a background job. */
  what: string[];
  /** Of an import. */
  file?: string;
  isTrial?: boolean;
  /** How many it is for; null: nobody knows yet. */
  total: number | null;
  /** At how many it is over, and of those where somebody has to look. */
  over: number;
  failed: number;
  /** Those whose turn has not come. */
  waiting: number;
  counts: Readonly<Record<string, number>>;
  round: number;
  actor: string | null;
  begun: string;
  /** When somebody began to work on it; otherwise at once. */
  started: string | null;
  finished: string | null;
  error: string | null;
  filter: Readonly<Record<string, unknown>> | null;
  /** What was sent or changed, or what came of it. */
  details: unknown;
  settings: { atOnce?: number; queue?: number; attempts?: number };
  can: Readonly<Record<string, boolean>>;
}

/** Neither over nor going well. */
const UNDER_WAY = new Set(["waiting", "pending"]);
const WELL = new Set(["accepted", "changed", "unchanged", "created", "updated", "skipped"]);

function summed(counts: Readonly<Record<string, number>>, fits: (status: string) => boolean): number {
  return Object.entries(counts).reduce((sum, [status, count]) => sum + (fits(status) ? count : 0), 0);
}

/** What the numbers by status come to. */
export function tally(counts: Readonly<Record<string, number>>): Pick<Job, "over" | "failed" | "waiting"> {
  return {
    over: summed(counts, (status) => !UNDER_WAY.has(status)),
    failed: summed(counts, (status) => !UNDER_WAY.has(status) && !WELL.has(status)),
    waiting: counts.waiting ?? 0,
  };
}

export function ofCommand(bulk: BulkCommand): Job {
  const { body, queue_s: queue, at_once: atOnce } = bulk;
  const { type, ...details } = body;
  return {
    id: bulk.id,
    source: "commands",
    status: bulk.status,
    what: [String(type)],
    total: bulk.total,
    ...tally(bulk.counts),
    counts: bulk.counts,
    round: bulk.round,
    actor: bulk.actor_name,
    begun: bulk.created_at,
    started: null,
    finished: bulk.finished_at,
    error: null,
    filter: bulk.filter,
    details: Object.keys(details).length ? details : null,
    settings: { atOnce, queue: queue || undefined },
    can: bulk.can ?? {},
  };
}

export function ofChange(source: "chargers" | "tags", change: BulkChange): Job {
  return {
    id: change.id,
    source,
    status: change.status,
    what: Object.keys(change.change),
    total: change.total,
    ...tally(change.counts),
    counts: change.counts,
    round: change.round,
    actor: change.actor_name,
    begun: change.created_at,
    started: null,
    finished: change.finished_at,
    error: change.error?.message ?? null,
    filter: change.filter,
    details: change.change,
    settings: {},
    can: change.can ?? {},
  };
}

export function ofImport(found: ImportItem | Import): Job {
  const { created, updated, skipped, failed, total } = found;
  const over = created + updated + skipped + failed;
  const waiting = total === null ? 0 : Math.max(0, total - over);
  const counts = Object.fromEntries(
    Object.entries({ waiting, created, updated, skipped, failed }).filter(([, count]) => count > 0),
  );
  return {
    id: found.id,
    source: "imports",
    status: found.status,
    what: [found.kind],
    file: found.file_name,
    isTrial: found.dry_run,
    total,
    over,
    failed,
    waiting,
    counts,
    round: 0,
    actor: found.actor_name,
    begun: found.created_at,
    started: null,
    finished: found.finished_at,
    error: found.error?.message ?? null,
    filter: null,
    details: null,
    settings: {},
    can: found.can ?? {},
  };
}

export function ofJob(job: JobItem): Job {
  return {
    id: job.id,
    source: "background",
    status: job.status === "succeeded" ? "done" : job.status,
    what: [job.kind],
    total: job.progress_total,
    over: job.progress_done,
    failed: 0,
    waiting: 0,
    counts: {},
    round: 0,
    actor: job.actor,
    begun: job.created_at,
    started: job.started_at,
    finished: job.finished_at,
    error: job.error,
    filter: null,
    details: job.result ?? null,
    settings: { attempts: job.attempts },
    can: job.can ?? {},
  };
}

export function isUnderWay({ status }: Pick<Job, "status">): boolean {
  return status === "queued" || status === "running";
}

/** Something was seen at some moment: how many were over by then. */
export interface Seen {
  at: number;
  over: number;
}

const SOON_MS = 3_000;

/** How long it takes still, if it goes on as it went since then; null: too little has happened to say. */
export function secondsLeft(first: Seen, now: Seen, total: number): number | null {
  const passed = now.at - first.at;
  const done = now.over - first.over;
  if (passed < SOON_MS || done <= 0 || now.over >= total) return null;
  return Math.max(1, Math.round(((total - now.over) * passed) / done / 1_000));
}

/** From when on its speed is judged: not known where it was tried again, since that began later. */
export function beginning({ round, started, begun }: Pick<Job, "round" | "started" | "begun">): Seen | null {
  return round ? null : { at: Date.parse(started ?? begun), over: 0 };
}

export function jobPath({ id, source }: Pick<Job, "id" | "source">): string {
  const path = `/jobs/${encodeURIComponent(id)}`;
  return source === "commands" ? path : `${path}?of=${source}`;
}

/** The statuses that one of its targets can have. */
export const RESULTS: Readonly<Record<Exclude<Source, "background">, readonly string[]>> = {
  commands: [
    "waiting",
    "pending",
    "accepted",
    "rejected",
    "not_supported",
    "timed_out",
    "unreachable",
    "expired",
    "error",
    "refused",
  ],
  chargers: ["waiting", "changed", "unchanged", "refused"],
  tags: ["waiting", "changed", "unchanged", "refused"],
  imports: ["waiting", "created", "updated", "skipped", "failed"],
};

export type Look = "neutral" | "info" | "success" | "warning" | "danger";

export function lookOf(status: string): Look {
  if (status === "waiting" || status === "skipped" || status === "unchanged") return "neutral";
  if (status === "pending") return "info";
  if (WELL.has(status)) return "success";
  return status === "unreachable" || status === "expired" || status === "not_supported" ? "warning" : "danger";
}

/** What became of it at one. */
export interface Result {
  id: string;
  name: string;
  /** A charger's identity, or of a tag. */
  charger?: string;
  tag?: string;
  status: string;
  reason: string | null;
  /** The charger's own answer. */
  answer: unknown;
  sent: string | null;
  finished: string | null;
}

/** The status that a charger's own answer has, in the words of OCPP. */
export function answerStatus(answer: unknown): string | null {
  const found = typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>).status : undefined;
  return typeof found === "string" ? found : null;
}
