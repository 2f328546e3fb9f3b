// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which tab is open, and what the list of requests is narrowed to. */
import { daysOf, oneOf, oneTextOf, sortOf, textsOf, without, type Days } from "@/lib/search";

export const TABS = [
  "health",
  "load",
  "settings",
  "retention",
  "flags",
  "branding",
  "mail",
  "privacy",
  "requests",
] as const;
export type SystemTab = (typeof TABS)[number];

interface Span {
  min?: number;
  max?: number;
}

export interface SystemSearch {
  tab?: SystemTab;
  who?: string;
  by?: string[];
  method?: string[];
  path?: string;
  status?: Span;
  took?: Span;
  at?: Days;
  address?: string;
  request?: string;
  sort?: "at" | "-at";
}

function spanOf(value: unknown): Span | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { min, max } = value as Record<string, unknown>;
  const span = without({ min: Number.isInteger(min) ? min : undefined, max: Number.isInteger(max) ? max : undefined });
  return Object.keys(span).length ? (span as Span) : undefined;
}

export function readSearch(search: Record<string, unknown>): SystemSearch {
  return without({
    tab: oneOf(search.tab, TABS),
    who: oneTextOf(search.who),
    by: textsOf(search.by),
    method: textsOf(search.method),
    path: oneTextOf(search.path),
    status: spanOf(search.status),
    took: spanOf(search.took),
    at: daysOf(search.at),
    address: oneTextOf(search.address),
    request: oneTextOf(search.request),
    sort: sortOf(search.sort, ["at"]),
  });
}
