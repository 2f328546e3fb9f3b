// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Saved views, between the address of a screen and the API. */
import type { View } from "@/api/types.gen";

export type Search = Readonly<Record<string, unknown>>;

/** Under which the views of a screen are kept once they were read. */
export function viewsKey(screen: string): string[] {
  return ["views", screen];
}

/**
 * What the address says of the list; which tab of a screen is open belongs to it. Views that a program made have no
 * address: their filters are taken, of which a screen reads those that it has.
 */
export function searchOf({ display, filter, sort }: Pick<View, "display" | "filter" | "sort">): Search {
  const { search } = display;
  if (typeof search === "object" && search !== null && !Array.isArray(search)) return search as Search;
  const named = Object.entries(filter).map(([name, value]) => [name.replace(/\[.*$/, ""), value]);
  return { ...Object.fromEntries(named), ...(sort !== null && { sort }) };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const known = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    known.toSorted(([one], [other]) => one.localeCompare(other)).map(([name, each]) => [name, sorted(each)]),
  );
}

/** The same list, whatever the order of what narrows it. */
export function isSameSearch(one: object, other: object): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** The filter and the order as the API keeps them: texts, or several of them. */
export function keptOf(query: object): { filter: Record<string, string | string[]>; sort: string | null } {
  const { sort, ...rest } = query as { sort?: unknown } & Record<string, unknown>;
  const filter = Object.fromEntries(
    Object.entries(rest).flatMap(([name, value]): [string, string | string[]][] => {
      if (Array.isArray(value)) return [[name, value.map(String)]];
      return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? [[name, String(value)]]
        : [];
    }),
  );
  return { filter, sort: typeof sort === "string" ? sort : null };
}
