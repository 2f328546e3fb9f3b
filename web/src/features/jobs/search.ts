// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which jobs are shown. */
import { daysOf, oneOf, oneTextOf, textsOf, without, type Days } from "@/lib/search";

/** Commands to many, changes to many chargers or tags, imports, and what the system does by itself. */
export const SOURCES = ["commands", "chargers", "tags", "imports", "background"] as const;
export type Source = (typeof SOURCES)[number];

export interface JobsSearch {
  of?: Source;
  status?: string[];
  actor?: string;
  begun?: Days;
}

export function readSearch(search: Record<string, unknown>): JobsSearch {
  return without({
    of: oneOf(search.of, SOURCES.slice(1)),
    status: textsOf(search.status),
    actor: oneTextOf(search.actor),
    begun: daysOf(search.begun),
  });
}

export interface JobSearch {
  /** What the id in the address is one of. */
  of?: Source;
  status?: string[];
  q?: string;
}

export function readOne(search: Record<string, unknown>): JobSearch {
  return without({
    of: oneOf(search.of, SOURCES.slice(1)),
    status: textsOf(search.status),
    q: oneTextOf(search.q),
  });
}
