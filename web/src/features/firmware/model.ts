// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Campaigns as they are shown, and as they are filled in. */
import type { Campaign, CampaignCreate, CampaignItem, CampaignTarget, FirmwareItem } from "@/api/types.gen";
import type { Filter } from "@/features/firmware/search";

export type CampaignStatus = CampaignItem["status"];
export type TargetStatus = CampaignTarget["status"];
export type Wave = NonNullable<CampaignCreate["waves"]>[number];
export interface Hours {
  weekday: number;
  begin: string;
  end: string;
}

export const STATUSES = [
  "draft",
  "scheduled",
  "running",
  "paused",
  "stopped",
  "done",
] as const satisfies readonly CampaignStatus[];
export const TARGETS = [
  "waiting",
  "sent",
  "downloading",
  "downloaded",
  "installing",
  "verifying",
  "installed",
  "skipped",
  "failed",
  "expired",
  "cancelled",
] as const satisfies readonly TargetStatus[];
const ENDED: ReadonlySet<string> = new Set(["installed", "skipped", "failed", "expired", "cancelled"]);
const BUSY: ReadonlySet<string> = new Set(["sent", "downloading", "downloaded", "installing", "verifying"]);
const AGAIN: ReadonlySet<string> = new Set(["failed", "expired", "cancelled"]);

/** From so many chargers on it is done with more care: at night, a few first, and the number has to be typed. */
export const MANY = 20;

export function campaignPath(id: string): string {
  return `/firmware/campaigns/${encodeURIComponent(id)}`;
}

type Counts = Readonly<Record<string, number>>;

function summed(counts: Counts, kinds: ReadonlySet<string>): number {
  return Object.entries(counts).reduce((sum, [status, count]) => sum + (kinds.has(status) ? count : 0), 0);
}

/** How far it is: those that were skipped had nothing to do. */
export function standOf(counts: Counts): {
  total: number;
  over: number;
  busy: number;
  failed: number;
  installed: number;
  again: number;
} {
  const total = Object.entries(counts).reduce((sum, [status, count]) => sum + (status === "skipped" ? 0 : count), 0);
  return {
    total,
    over: summed(counts, ENDED) - (counts.skipped ?? 0),
    busy: summed(counts, BUSY),
    failed: (counts.failed ?? 0) + (counts.expired ?? 0),
    installed: counts.installed ?? 0,
    again: summed(counts, AGAIN),
  };
}

/** Whether something may change by itself. */
export function isAlive({ status, counts }: Pick<CampaignItem, "status" | "counts">): boolean {
  return status === "running" || status === "scheduled" || standOf(counts).busy > 0;
}

/** A wave that was not named takes who is left over. */
export function stageOf(
  wave: number,
  { wave: now, status }: Pick<CampaignItem, "wave" | "status">,
): "over" | "now" | "next" {
  if (status === "done" || wave < now) return "over";
  return wave === now ? "now" : "next";
}

/** A wave as it is filled in. */
export interface OwnWave {
  unit: "chargers" | "percent";
  size: number | null;
  isManual: boolean;
  pauseS: number;
}

export type WindowKind = "always" | "night" | "days" | "kept";
export type WavesKind = "all" | "few" | "own";

export interface Form {
  name: string;
  image: string | null;
  filter: Filter | null;
  ids: string[];
  /** null: as it suits the number of chargers. */
  window: WindowKind | null;
  days: number[];
  from: string;
  to: string;
  /** Hours that these fields cannot say. */
  kept: Hours[] | null;
  waves: WavesKind | null;
  own: OwnWave[];
  stopPercent: number | null;
  atOnce: number;
  retries: number;
  waitDays: number;
  timeoutMinutes: number;
  waitForSessions: boolean;
  startsAt: string | null;
  endsAt: string | null;
  installAt: string | null;
}

export const WEEK = [1, 2, 3, 4, 5, 6, 7];
const NIGHT = { from: "01:00", to: "05:00" };
const DAY_S = 86_400;
const MINUTE_S = 60;

export function emptyForm(): Form {
  return {
    name: "",
    image: null,
    filter: null,
    ids: [],
    window: null,
    days: WEEK,
    ...NIGHT,
    kept: null,
    waves: null,
    own: [
      { unit: "chargers", size: 5, isManual: true, pauseS: 0 },
      { unit: "percent", size: 20, isManual: false, pauseS: DAY_S },
    ],
    stopPercent: 10,
    atOnce: 20,
    retries: 1,
    waitDays: 7,
    timeoutMinutes: 120,
    waitForSessions: true,
    startsAt: null,
    endsAt: null,
    installAt: null,
  };
}

export function windowKindOf({ window }: Form, count: number): WindowKind {
  return window ?? (count >= MANY ? "night" : "always");
}

export function wavesKindOf({ waves }: Form, count: number): WavesKind {
  return waves ?? (count >= MANY ? "few" : "all");
}

/** On some days from one time to another; over midnight it is two spans. */
export function hoursOf(days: readonly number[], from: string, to: string): Hours[] {
  const end = to === "00:00" ? "24:00" : to;
  if (from < end) return days.map((weekday) => ({ weekday, begin: from, end }));
  const late = days.map((weekday) => ({ weekday, begin: from, end: "24:00" }));
  const early = to === "00:00" ? [] : days.map((weekday) => ({ weekday: (weekday % 7) + 1, begin: "00:00", end: to }));
  return [...late, ...early];
}

function windowOf(form: Form, count: number): Hours[] | null {
  switch (windowKindOf(form, count)) {
    case "always":
      return null;
    case "night":
      return hoursOf(WEEK, NIGHT.from, NIGHT.to);
    case "days":
      return hoursOf(form.days, form.from, form.to);
    case "kept":
      return form.kept;
  }
}

const FEW: OwnWave[] = [{ unit: "chargers", size: 5, isManual: false, pauseS: 0 }];

function filledIn(form: Form, count: number): OwnWave[] {
  const kind = wavesKindOf(form, count);
  return kind === "all" ? [] : kind === "few" ? FEW : form.own;
}

export function wavesOf(form: Form, count: number): Wave[] {
  return filledIn(form, count).map(({ unit, size, isManual, pauseS }) => ({
    [unit]: size,
    pause_s: isManual ? 0 : pauseS,
    // oxlint-disable-next-line unicorn/no-thenable -- the API calls it so, and nobody awaits a wave
    then: isManual ? ("manual" as const) : ("automatic" as const),
  }));
}

function ownWaveOf(wave: Readonly<Record<string, unknown>>): OwnWave {
  const unit = typeof wave.percent === "number" ? "percent" : "chargers";
  return { unit, size: Number(wave[unit]), isManual: wave.then === "manual", pauseS: Number(wave.pause_s ?? 0) };
}

/** What is missing before it can be looked at. */
export function missingOf(form: Form, count: number): "image" | "days" | "waves" | null {
  if (form.image === null) return "image";
  if (windowKindOf(form, count) === "days" && !form.days.length) return "days";
  return filledIn(form, count).every(({ size }) => size !== null && size > 0) ? null : "waves";
}

export function bodyOf(form: Form, count: number, name: string): CampaignCreate {
  return {
    name: form.name.trim() || name,
    firmware: form.image,
    ...(form.ids.length ? { ids: form.ids } : { filter: form.filter ?? { retired: "false" } }),
    waves: wavesOf(form, count),
    maintenance_window: windowOf(form, count),
    stop_on_failure_percent: form.stopPercent,
    at_once: form.atOnce,
    retries: form.retries,
    wait_s: form.waitDays * DAY_S,
    timeout_s: form.timeoutMinutes * MINUTE_S,
    wait_for_transactions: form.waitForSessions,
    starts_at: form.startsAt,
    ends_at: form.endsAt,
    install_at: form.installAt,
  };
}

function clock(text: unknown): string {
  return String(text).slice(0, 5);
}

export function storedHours(window: CampaignItem["maintenance_window"]): Hours[] | null {
  return (
    window?.map(({ weekday, begin, end }) => ({ weekday: Number(weekday), begin: clock(begin), end: clock(end) })) ??
    null
  );
}

/** A draft, to be filled in further. */
export function formOf(campaign: Campaign): Form {
  const kept = storedHours(campaign.maintenance_window);
  return {
    ...emptyForm(),
    name: campaign.name,
    image: campaign.firmware,
    filter: campaign.filter as Filter | null,
    ids: campaign.ids ?? [],
    window: kept ? "kept" : "always",
    kept,
    waves: campaign.waves.length ? "own" : "all",
    own: campaign.waves.length ? campaign.waves.map(ownWaveOf) : emptyForm().own,
    stopPercent: campaign.stop_on_failure_percent,
    atOnce: campaign.at_once,
    retries: campaign.retries,
    waitDays: Math.max(1, Math.round(campaign.wait_s / DAY_S)),
    timeoutMinutes: Math.max(1, Math.round(campaign.timeout_s / MINUTE_S)),
    waitForSessions: campaign.wait_for_transactions,
    startsAt: campaign.starts_at,
    endsAt: campaign.ends_at,
    installAt: campaign.install_at,
  };
}

/** As people know an image. */
export function imageName({ name, version }: Pick<FirmwareItem, "name" | "version">): string {
  return version ? `${version} – ${name}` : name;
}

export function isSigned({ signature, signing_certificate: certificate }: FirmwareItem): boolean {
  return Boolean(signature && certificate);
}
