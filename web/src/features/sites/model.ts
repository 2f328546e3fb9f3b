// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Sites as a tree, and what is to be said of the chargers there. */
import type { Charger, Site } from "@/api/types.gen";
import type { StatusFamily } from "@/kit";

export interface TreeRow {
  site: Site;
  /** 0 at the top. */
  depth: number;
  hasChildren: boolean;
}

/** Each below the one that it lies in; whose site above cannot be seen is at the top. */
export function treeOf(sites: readonly Site[]): TreeRow[] {
  const known = new Set(sites.map(({ id }) => id));
  const children = Map.groupBy(sites, ({ parent_id: above }) => (above !== null && known.has(above) ? above : null));
  const rows: TreeRow[] = [];
  const walk = (above: string | null, depth: number): void => {
    const here = (children.get(above) ?? []).toSorted((one, other) => one.name.localeCompare(other.name));
    for (const site of here) {
      rows.push({ site, depth, hasChildren: children.has(site.id) });
      walk(site.id, depth + 1);
    }
  };
  walk(null, 0);
  return rows;
}

/** What matches, with the sites above it, so that it is seen where it lies. */
export function narrowed(rows: readonly TreeRow[], query: string): TreeRow[] {
  const words = query.trim().toLocaleLowerCase();
  if (!words) return [...rows];
  const kept = new Set<string>();
  for (const { site } of rows) {
    const text = [site.name, site.street, site.postal_code, site.city].join(" ").toLocaleLowerCase();
    if (text.includes(words)) for (const id of site.path) kept.add(id);
  }
  return rows.filter(({ site }) => kept.has(site.id));
}

/** Where a site can lie: nowhere in itself. */
export function possibleParents(sites: readonly Site[], site?: Site): Site[] {
  return sites.filter(({ path }) => site === undefined || !path.includes(site.id));
}

export function addressOf(site: Pick<Site, "street" | "postal_code" | "city">): string | null {
  const town = [site.postal_code, site.city].filter(Boolean).join(" ");
  return [site.street, town].filter(Boolean).join(", ") || null;
}

const IN_USE = new Set(["occupied", "preparing", "charging", "suspended_ev", "suspended_evse", "finishing"]);
const WORST: StatusFamily[] = ["faulted", "in_use", "reserved", "available", "unavailable"];

function familyOf(state: string): StatusFamily {
  if (IN_USE.has(state)) return "in_use";
  return WORST.find((family) => family === state) ?? "unavailable";
}

/** What somebody should know first of a charger: what is broken, then what is in use. */
export function chargerFamily({
  online,
  status,
  connectors,
}: Pick<Charger, "online" | "status" | "connectors">): StatusFamily {
  if (!online) return "offline";
  const found = new Set(connectors.map(({ state }) => familyOf(state)));
  if (status === "faulted" || found.has("faulted")) return "faulted";
  return WORST.find((family) => found.has(family)) ?? familyOf(status);
}

export interface Hours {
  weekday: number;
  /** 08:00 */
  begin: string;
  /** 24:00 is the end of the day. */
  end: string;
}

const LENGTH = "18:30".length;

/** As the API keeps them: null where they are not known. */
export function hoursOf(site: Pick<Site, "opening_hours">): Hours[] | null {
  if (site.opening_hours === null) return null;
  return site.opening_hours
    .map(({ weekday, begin, end }) => ({
      weekday: Number(weekday),
      begin: String(begin).slice(0, LENGTH),
      end: String(end).slice(0, LENGTH),
    }))
    .toSorted((one, other) => one.weekday - other.weekday || one.begin.localeCompare(other.begin));
}

export const WEEK = [1, 2, 3, 4, 5, 6, 7] as const;

export type HoursKind = "unknown" | "always" | "never" | "some";

export function kindOf(hours: readonly Hours[] | null): HoursKind {
  if (hours === null) return "unknown";
  if (hours.length === 0) return "never";
  const isWhole = (day: number) =>
    hours.some(({ weekday, begin, end }) => weekday === day && begin === "00:00" && end === "24:00");
  return WEEK.every(isWhole) ? "always" : "some";
}

export function allDay(): Hours[] {
  return WEEK.map((weekday) => ({ weekday, begin: "00:00", end: "24:00" }));
}
