// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the list is narrowed to: in the address, as the API wants it, and as the bar of filters shows it. */
import type { ListChargersData } from "@/api/types.gen";
import type { FilterValues } from "@/kit";

export const VIEWS = ["all", "offline", "faulted", "pending", "never"] as const;
export type BuiltInView = (typeof VIEWS)[number];

/** What filters are called in the API: of texts the beginning is enough, a site is one with those below it. */
const API_NAMES: Partial<Record<Many, string>> = {
  site_id: "places[contains_any]",
  vendor: "vendor[prefix]",
  model: "model[prefix]",
  firmware_version: "firmware_version[prefix]",
};
/** Filters whose values are any of several. */
const MANY = ["site_id", "vendor", "model", "firmware_version", "protocol", "status", "security_profile"] as const;
type Many = (typeof MANY)[number];

export interface ChargersSearch extends Partial<Record<Many, string[]>> {
  view?: BuiltInView;
  /** A saved view, by its id. */
  saved?: string;
  q?: string;
  online?: boolean;
  faulted?: boolean;
  retired?: boolean;
  sort?: string;
}

export type ChargerFilter = Record<string, string | string[]>;

export const SORTS: Readonly<Record<string, "id" | "status" | "last_heartbeat" | "created_at" | "name">> = {
  charger: "id",
  name: "name",
  heard: "last_heartbeat",
  created: "created_at",
};

function texts(value: unknown): string[] | undefined {
  const found = (Array.isArray(value) ? value : [value]).filter(
    (each): each is string | number => typeof each === "string" || typeof each === "number",
  );
  return found.length ? found.map(String) : undefined;
}

function truth(value: unknown): boolean | undefined {
  return value === true || value === "true" ? true : value === false || value === "false" ? false : undefined;
}

function without<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value;
}

/** Whatever stands in the address, as far as it means something. */
export function readSearch(search: Record<string, unknown>): ChargersSearch {
  const many = Object.fromEntries(MANY.map((name) => [name, texts(search[name])]));
  const view = VIEWS.find((each) => each === search.view && each !== "all");
  const sort = typeof search.sort === "string" ? search.sort : "";
  return without({
    ...many,
    view,
    saved: typeof search.saved === "string" ? search.saved : undefined,
    q: typeof search.q === "string" || typeof search.q === "number" ? String(search.q) : undefined,
    online: truth(search.online),
    faulted: truth(search.faulted),
    retired: truth(search.retired),
    sort: Object.values(SORTS).some((each) => each === sort.replace(/^-/, "")) ? sort : undefined,
  });
}

/** The filter that list, bulk changes and exports share. Retired chargers are only there when they are asked for. */
export function filterOf(search: ChargersSearch): ChargerFilter {
  const filter: ChargerFilter = { retired: String(search.retired ?? false) };
  for (const name of MANY) {
    const values = search[name];
    if (values?.length) filter[API_NAMES[name] ?? name] = values;
  }
  if (search.q) filter.q = search.q;
  if (search.online !== undefined) filter.online = String(search.online);
  if (search.faulted !== undefined) filter.faulted = String(search.faulted);
  if (search.view === "offline") return { ...filter, online: "false", ever_connected: "true" };
  if (search.view === "faulted") return { ...filter, faulted: "true" };
  if (search.view === "never") return { ...filter, ever_connected: "false" };
  return filter;
}

export function queryOf(search: ChargersSearch): NonNullable<ListChargersData["query"]> {
  // the client repeats what has several values, as the API wants it
  return { ...filterOf(search), ...(search.sort && { sort: search.sort }) } as NonNullable<ListChargersData["query"]>;
}

/** For the bar of filters: everything but the view, the search and the order. */
export function valuesOf(search: ChargersSearch): FilterValues {
  const { view: _view, saved: _saved, q: _q, sort: _sort, ...values } = search;
  return values;
}

export function withValues(search: ChargersSearch, values: FilterValues): ChargersSearch {
  const { view, q, sort } = search;
  return readSearch({ ...values, view, q, sort });
}

export function isNarrowed(search: ChargersSearch): boolean {
  return search.q !== undefined || Object.keys(valuesOf(search)).length > 0;
}

/** As an address of the API, for files. */
export function exportPath(filter: ChargerFilter, format: "csv" | "xlsx" | "pdf", sort?: string): string {
  const parameters = new URLSearchParams({ format });
  for (const [name, values] of Object.entries(filter)) {
    for (const value of Array.isArray(values) ? values : [values]) parameters.append(name, value);
  }
  if (sort) parameters.set("sort", sort);
  return `/api/v1/chargers?${parameters}`;
}

const MOST_IDS = 100; // of one filter, as the API takes them

/** Some chargers, or all that match, as filters: more than one where there are many ids. */
export function filtersOf(ids: ReadonlySet<string>, isAll: boolean, search: ChargersSearch): ChargerFilter[] {
  if (isAll) return [filterOf(search)];
  const all = [...ids];
  const parts = Array.from({ length: Math.ceil(all.length / MOST_IDS) }, (_, index) =>
    all.slice(index * MOST_IDS, (index + 1) * MOST_IDS),
  );
  return parts.map((part) => ({ id: part }));
}
