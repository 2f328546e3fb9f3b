// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Certificates as they are asked for and shown. */
import type { CertificateHorizon, CertificateItem, ListCertificatesData } from "@/api/types.gen";
import { SORTS, type CertificatesSearch, type ENDS } from "@/features/certificates/search";
import { sortOf, without } from "@/lib/search";

const DAY_MS = 86_400_000;
export type Span = (typeof ENDS)[number];
/** From which day on, and before which. */
const DAYS: Readonly<Record<Span, readonly [number | null, number | null]>> = {
  expired: [null, 0],
  week: [0, 7],
  month: [7, 30],
  quarter: [30, 90],
  later: [90, null],
};
export const KINDS = ["charging_station", "v2g", "v2g20"] as const;
const TRIGGERS = {
  charging_station: "sign_charging_station_certificate",
  v2g: "sign_v2g_certificate",
  v2g20: "sign_v2g20_certificate",
} as const;

export type Trigger = (typeof TRIGGERS)[keyof typeof TRIGGERS];

/** By which message a charger is asked for a new request; nothing where there is none for the kind. */
export function triggerOf(kind: string): Trigger | null {
  return Object.entries(TRIGGERS).find(([name]) => name === kind)?.[1] ?? null;
}

/** As the API wants it; `now` is when the list was opened. */
export function queryOf(search: CertificatesSearch, now: number): NonNullable<ListCertificatesData["query"]> {
  const { q, charger_id, status, kind, ends, used } = search;
  const at = (days: number | null) => (days === null ? undefined : new Date(now + days * DAY_MS).toISOString());
  const isEnding = ends !== undefined;
  const [from, to] = isEnding ? DAYS[ends] : [null, null];
  const query = without({
    q,
    charger_id: charger_id === undefined ? undefined : [charger_id],
    status,
    kind,
    in_use: isEnding ? ["true"] : used === undefined ? undefined : [String(used)],
    "not_after[gte]": at(from),
    "not_after[lt]": at(to),
    sort: sortOf(search.sort, SORTS) ?? (isEnding ? "not_after" : undefined),
  });
  return query as NonNullable<ListCertificatesData["query"]>;
}

export type Urgency = "over" | "soon" | "later";

/** How pressing the end of a certificate is. */
export function urgencyOf(end: string, now: number): Urgency {
  const left = Date.parse(end) - now;
  return left <= 0 ? "over" : left < 30 * DAY_MS ? "soon" : "later";
}

/** Those in use, each counted once, by when they end. */
export function spansOf(horizon: CertificateHorizon): Record<Span, number> {
  const { in_use: used, expired, within_7_days: week, within_30_days: month, within_90_days: quarter } = horizon;
  return {
    expired,
    week,
    month: month - week,
    quarter: quarter - month,
    later: Math.max(0, used - expired - quarter),
  };
}

export interface Possible {
  renew: boolean;
  send: boolean;
  revoke: boolean;
  ask: boolean;
}

/** What can be done with a certificate as it stands, whoever asks. */
export function possibleFor(item: CertificateItem, now: number): Possible {
  const { status, serial, kind, not_after: end } = item;
  const isOver = end !== null && Date.parse(end) <= now;
  return {
    renew: item.in_use && triggerOf(kind) !== null,
    send: serial !== null && status !== "revoked" && !isOver && !item.in_use,
    revoke: serial !== null && status !== "revoked",
    ask: triggerOf(kind) !== null && !item.in_use && (status === "refused" || status === "revoked" || isOver),
  };
}

export const ROOTS = ["csms_root", "manufacturer_root", "v2g_root", "mo_root", "oem_root"] as const;
export type Root = (typeof ROOTS)[number];

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;

/** What a text in PEM holds: certificates, something else, or even a key that belongs to nobody here. */
export function readPem(text: string): { count: number; fault: "none" | "key" | "other" | null } {
  const kinds = [...text.matchAll(BLOCK)].map((match) => match[1] ?? "");
  const count = kinds.filter((kind) => kind === "CERTIFICATE").length;
  if (kinds.some((kind) => kind.endsWith("PRIVATE KEY"))) return { count, fault: "key" };
  if (count < kinds.length) return { count, fault: "other" };
  return { count, fault: count ? null : "none" };
}
