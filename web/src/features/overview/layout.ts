// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which widgets there are, how large they are, and who may see them. */
import type { DashboardLayout, Widget } from "@/api/types.gen";
import { withSite } from "@/lib/scope";
import { appPath } from "@/lib/search";

export const SIZES = ["S", "M", "L", "XL"] as const;
export type Size = (typeof SIZES)[number];

const REPORTS = "report:report:read";

/** What has to be allowed for a widget to be there. */
const KINDS = {
  online: [REPORTS],
  sessions: [REPORTS],
  power_now: [REPORTS],
  energy_today: [REPORTS],
  available: [REPORTS],
  alerts: [REPORTS, "alert:alert:read"],
  connectors: [REPORTS],
  power: [REPORTS],
  attention: ["charger:charger:read"],
  recent: ["transaction:transaction:read"],
  heatmap: [REPORTS],
  map: ["charger:charger:read", "site:site:read"],
} as const satisfies Record<string, readonly string[]>;

export type Kind = keyof typeof KINDS;

export const ALL_KINDS = Object.keys(KINDS) as Kind[];

/** One figure with a word or two: it needs no more room than a small tile. */
export const TILES: ReadonlySet<Kind> = new Set([
  "online",
  "sessions",
  "power_now",
  "energy_today",
  "available",
  "alerts",
]);

export interface Placed {
  /** Tells apart two of a kind while they are moved. */
  id: string;
  kind: Kind;
  widget: Widget;
}

const USUAL: [Kind, Size][] = [
  ["online", "S"],
  ["sessions", "S"],
  ["power_now", "S"],
  ["energy_today", "S"],
  ["available", "S"],
  ["alerts", "S"],
  ["attention", "L"],
  ["connectors", "L"],
  ["power", "L"],
  ["map", "L"],
  ["recent", "L"],
  ["heatmap", "L"],
];

export function usualWidgets(): Widget[] {
  return USUAL.map(([kind, size]) => ({ kind, size }));
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(KINDS, kind);
}

/** What is known of a dashboard; a kind that a newer version made stays away, and stays kept. */
export function placed(widgets: readonly Widget[]): Placed[] {
  return widgets.flatMap((widget, index) =>
    isKind(widget.kind) ? [{ id: `${index}-${widget.kind}`, kind: widget.kind, widget }] : [],
  );
}

export function mayShow(kind: Kind, may: (permission: string) => boolean): boolean {
  return KINDS[kind].every(may);
}

/** Kinds that can be added: those that one may see and that are not there yet. */
export function addable(there: readonly Placed[], may: (permission: string) => boolean): Kind[] {
  return ALL_KINDS.filter((kind) => mayShow(kind, may) && !there.some((each) => each.kind === kind));
}

export function added(there: readonly Placed[], kind: Kind): Placed[] {
  const size = USUAL.find(([each]) => each === kind)?.[1] ?? "M";
  return [...there, { id: `new-${kind}`, kind, widget: { kind, size } }];
}

/**
 * What is saved: the widgets that were arranged, in their new order. What was not shown, since it is unknown here or
 * may not be seen now, stays at the end.
 */
export function merged(before: readonly Widget[], shown: readonly Placed[], arranged: readonly Placed[]): Widget[] {
  const seen = new Set(shown.map(({ widget }) => widget));
  return [...arranged.map(({ widget }) => widget), ...before.filter((widget) => !seen.has(widget))];
}

export interface Board {
  /** Null where it is not one's own yet. */
  id: string | null;
  name: string;
  widgets: Widget[];
}

export function boardsOf(layouts: readonly (DashboardLayout & { id?: string })[], usualName: string): Board[] {
  if (!layouts.length) return [{ id: null, name: usualName, widgets: usualWidgets() }];
  return layouts.map(({ id, name, widgets }) => ({ id: id ?? null, name, widgets: widgets ?? [] }));
}

/** A way to a list, of a site if it is the overview of one. */
export function listPath(path: string, site: string | undefined): string {
  if (site === undefined) return path;
  const [pathname = "", query] = path.split("?");
  const narrowed = withSite(pathname, Object.fromEntries(new URLSearchParams(query)), site);
  return narrowed ? appPath(pathname, narrowed) : path;
}
