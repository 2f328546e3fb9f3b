// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a report is asked: in the address, and as the API wants it. */
import type { DatePreset } from "@/kit";
import { daysOf, oneOf, oneTextOf, without, type Days } from "@/lib/search";

export const KINDS = ["energy", "utilisation", "uptime"] as const;
export type ReportKind = (typeof KINDS)[number];
const BYS = ["none", "site", "charger", "group", "token", "token_group"] as const;
export type By = (typeof BYS)[number];
export const INTERVALS = ["15m", "hour", "day", "week", "month", "none"] as const;
export type Interval = (typeof INTERVALS)[number];
export const COMPARISONS = ["previous", "year"] as const;
type Comparison = (typeof COMPARISONS)[number];
export const PRESETS = ["today", "days7", "days30", "thisMonth", "lastMonth"] as const satisfies readonly DatePreset[];

export interface ReportsSearch {
  kind?: ReportKind;
  by?: By;
  interval?: Interval;
  compare?: Comparison;
  /** Days of one's own choice, both whole; otherwise what `preset` means today. */
  days?: Days;
  preset?: DatePreset;
  site?: string;
  group?: string;
  charger?: string;
}

export const USUAL_PRESET: DatePreset = "days7";

/** What a kind can be divided by: tokens have energy, but neither use nor uptime. */
export function bysOf(kind: ReportKind, may: (permission: string) => boolean): By[] {
  const ofTokens: By[] = [];
  if (may("transaction:transaction:read")) ofTokens.push("token");
  if (may("token:token:read")) ofTokens.push("token_group");
  return ["none", "site", "charger", "group", ...(kind === "energy" ? ofTokens : [])];
}

export function readSearch(search: Record<string, unknown>): ReportsSearch {
  const kind = oneOf(search.kind, KINDS);
  const by = oneOf(search.by, BYS);
  const isOfTokens = by === "token" || by === "token_group";
  const days = daysOf(search.days);
  return without({
    kind,
    by: isOfTokens && (kind ?? "energy") !== "energy" ? undefined : by,
    interval: oneOf(search.interval, INTERVALS),
    compare: oneOf(search.compare, COMPARISONS),
    days,
    preset: days ? undefined : oneOf(search.preset, PRESETS),
    site: oneTextOf(search.site),
    group: oneTextOf(search.group),
    charger: oneTextOf(search.charger),
  });
}

export function isNarrowed({ site, group, charger }: ReportsSearch): boolean {
  return [site, group, charger].some((each) => each !== undefined);
}
