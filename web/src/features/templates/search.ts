// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the addresses of configuration templates say. */
import { oneTextOf, sortOf, textsOf, without } from "@/lib/search";

export const SORTS = ["name", "created_at"] as const;

export interface TemplatesSearch {
  q?: string;
  sort?: (typeof SORTS)[number] | `-${(typeof SORTS)[number]}`;
}

export function readSearch(search: Record<string, unknown>): TemplatesSearch {
  return without({ q: oneTextOf(search.q), sort: sortOf(search.sort, SORTS) });
}

/** Chargers by name, or all that a filter names. */
export interface Targets {
  ids?: string[];
  filter?: Record<string, string | string[]>;
}

export interface ApplySearch {
  template?: string;
  targets?: Targets;
}

export function readApply(search: Record<string, unknown>): ApplySearch {
  const given = typeof search.targets === "object" && search.targets !== null ? (search.targets as Targets) : {};
  const ids = textsOf(given.ids);
  const filter = typeof given.filter === "object" && given.filter !== null ? given.filter : undefined;
  return without({ template: oneTextOf(search.template), targets: ids ? { ids } : filter && { filter } });
}
