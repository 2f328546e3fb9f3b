// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is known of alerts, without drawing anything. */
import type { Alert, AlertEvent, AlertGroup, ListAlertGroupsData, ListAlertsData } from "@/api/types.gen";
import type { AlertsSearch, AlertsTab } from "@/features/alerts/search";
import type { FilterValues } from "@/kit";
import { instantsOf } from "@/lib/days";
import { without } from "@/lib/search";

export const KINDS = [
  "offline",
  "faulted",
  "flapping",
  "no_meter_values",
  "implausible_meter",
  "certificate_expiry",
  "security_event",
  "version_downgraded",
  "command_failed",
  "configuration_drift",
  "clock_offset",
  "boot_rejected",
  "disk",
  "failed_jobs",
] as const;
export const SEVERITIES = ["critical", "warning", "info"] as const;
export const RULES_PATH = "/alerts/rules";

export type AlertsQuery = NonNullable<ListAlertsData["query"]>;
export type GroupsQuery = NonNullable<ListAlertGroupsData["query"]>;
export type AlertFilter = Record<string, string | string[]>;

/** What something is done to. */
export type Target =
  | { ids: readonly string[] }
  | { groups: readonly string[]; status: string }
  | { filter: AlertFilter };

export interface Asked {
  kind: "assign" | "snooze" | "resolve";
  target: Target;
  /** One alert or one cause, in words; or how many. */
  name?: string;
  count: number;
}

const MOST_IDS = 500;
const MOST_GROUPS = 100;

function pieces(all: readonly string[], size: number): string[][] {
  const found = [];
  for (let start = 0; start < all.length; start += size) found.push(all.slice(start, start + size));
  return found;
}

/** As the API takes it: so many at a time. */
export function bodiesOf(target: Target): ({ ids: string[] } | { filter: AlertFilter })[] {
  if ("ids" in target) return pieces(target.ids, MOST_IDS).map((ids) => ({ ids }));
  if ("filter" in target) return [{ filter: target.filter }];
  return pieces(target.groups, MOST_GROUPS).map((group) => ({ filter: { group, status: target.status } }));
}

export function alertPath(id: string): string {
  return `/alerts/${encodeURIComponent(id)}`;
}

/** One alert has a page of its own. */
export function groupPath({ id, alert }: Pick<AlertGroup, "id" | "alert">): string {
  return alert ? alertPath(alert) : `/alerts/groups/${encodeURIComponent(id)}`;
}

export function chargerPath(id: string): string {
  return `/chargers/${encodeURIComponent(id)}`;
}

/** What the charger, or a program, said itself. */
export function saidOf({ details }: Pick<Alert, "details">): string | null {
  return typeof details.what === "string" && details.what ? details.what : null;
}

export function chargerNameOf({ details }: Pick<Alert, "details">): string | null {
  return typeof details.name === "string" && details.name ? details.name : null;
}

/** Not resolved. */
export function stands({ status }: Pick<Alert, "status">): boolean {
  return status !== "resolved";
}

function narrowed({ q, severity, kind, site, mine, first }: AlertsSearch, me: string | undefined, zone: string) {
  const span = first && instantsOf(first, zone);
  return without({
    q,
    severity,
    kind,
    site_id: site,
    assigned_to: mine && me ? [me] : undefined,
    "first_at[gte]": span?.from,
    "first_at[lt]": span?.to,
  }) as AlertFilter;
}

/** Of the list of alerts: those of an outage by themselves while they stand, the outage alone once it is over. */
export function filterOf(search: AlertsSearch, tab: AlertsTab, me: string | undefined, zone: string): AlertFilter {
  const { charger } = search;
  // the alerts of one charger are wanted whether they were part of an outage or not
  const outages: AlertFilter = tab === "resolved" && !charger ? { member: ["false"] } : { outage: ["false"] };
  return { ...narrowed(search, me, zone), ...outages, ...(charger && { charger_id: [charger] }), status: [tab] };
}

export function alertsQueryOf(search: AlertsSearch, tab: AlertsTab, me: string | undefined, zone: string): AlertsQuery {
  const { sort } = search;
  const known = sort && /first_at|last_at/.test(sort);
  return { ...filterOf(search, tab, me, zone), ...(known && { sort }) } as AlertsQuery;
}

export function groupsQueryOf(search: AlertsSearch, tab: AlertsTab, me: string | undefined, zone: string): GroupsQuery {
  return { ...narrowed(search, me, zone), ...(search.sort && { sort: search.sort }), status: [tab] } as GroupsQuery;
}

export function valuesOf({ severity, kind, site, charger, first }: AlertsSearch): FilterValues {
  return { severity, kind, site, charger, first };
}

export function isNarrowed({ q, severity, kind, site, charger, mine, first }: AlertsSearch): boolean {
  return [q, severity, kind, site, charger, mine, first].some((each) => each !== undefined);
}

export interface Told {
  /** To whom, in the history of an assignment; null: to nobody. */
  to?: string | null;
  until?: string;
  text: string | null;
}

const UNTIL = /^until (\S+?)(?:: ([\s\S]*))?$/;
const TO = /^to ([^:]*)(?:: ([\s\S]*))?$/;

/** The words of a history are the server's: to whom, and until when, are said again in the reader's language. */
export function toldOf({ kind, text }: Pick<AlertEvent, "kind" | "text">): Told {
  if (kind === "snoozed") {
    const found = UNTIL.exec(text ?? "");
    if (found && !Number.isNaN(Date.parse(found[1] ?? ""))) return { until: found[1], text: found[2] ?? null };
  }
  if (kind === "assigned") {
    const found = TO.exec(text ?? "");
    if (found) return { to: found[1] === "nobody" ? null : found[1], text: found[2] ?? null };
  }
  return { text };
}
