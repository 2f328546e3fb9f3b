// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A rule as a form has it, and the fields of its condition out of what the API says of them. */
import type { AlertRule, AlertRuleCreate, QuietHours } from "@/api/types.gen";

export type Condition = AlertRuleCreate["condition"];
export type Values = Readonly<Record<string, unknown>>;

export interface Parameter {
  name: string;
  kind: "number" | "boolean" | "choices" | "words";
  min?: number;
  max?: number;
  choices?: string[];
  /** Without any, all are meant. */
  mayBeEmpty: boolean;
  initial: unknown;
}

interface Schema {
  type?: string;
  anyOf?: Schema[];
  items?: Schema;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  properties?: Record<string, Schema>;
}

function kindOf({ type, items }: Schema): Parameter["kind"] | undefined {
  if (type === "integer" || type === "number") return "number";
  if (type === "boolean") return "boolean";
  if (type === "array") return items?.enum ? "choices" : "words";
  return undefined;
}

/** What a form asks of a kind; what it could not ask for is left to the server's default. */
export function parametersOf(schema: Readonly<Record<string, unknown>>): Parameter[] {
  return Object.entries((schema as Schema).properties ?? {}).flatMap(([name, given]) => {
    const own = given.anyOf?.find(({ type }) => type !== "null") ?? given;
    const kind = kindOf(own);
    if (name === "kind" || kind === undefined) return [];
    const mayBeEmpty = given.anyOf?.some(({ type }) => type === "null") ?? false;
    const { minimum: min, maximum: max } = own;
    return [{ name, kind, min, max, choices: own.items?.enum, mayBeEmpty, initial: given.default ?? null }];
  });
}

export function initialOf(parameters: readonly Parameter[]): Values {
  return Object.fromEntries(parameters.map(({ name, initial }) => [name, initial]));
}

/** Lines of a text. */
export function wordsOf(text: string): string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()))].filter(Boolean);
}

/** A parameter that has to have a value and has none. */
export function isMissing({ kind, mayBeEmpty }: Parameter, value: unknown): boolean {
  if (kind === "number") return value === null || value === undefined;
  if (kind === "boolean") return false;
  return !mayBeEmpty && (!Array.isArray(value) || value.length === 0);
}

export function conditionOf(kind: string, parameters: readonly Parameter[], values: Values): Condition {
  const found = parameters.map(({ name, mayBeEmpty }) => {
    const value = values[name];
    return [name, mayBeEmpty && Array.isArray(value) && value.length === 0 ? null : value];
  });
  return { kind, ...Object.fromEntries(found) } as Condition;
}

export const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Window = QuietHours["windows"][number];

export function nightOf(): Window {
  return { days: [...DAYS], begins: "22:00", ends: "06:00" };
}

export interface Draft {
  name: string;
  severity: AlertRule["severity"];
  chargers: string[];
  sites: string[];
  groups: string[];
  channels: string[];
  enabled: boolean;
  auto_resolve: boolean;
  clear_after_s: number | null;
  renotify_after_s: number | null;
  notify_resolved: boolean;
  group_over: number | null;
  group_within_s: number | null;
  quiet_hours: QuietHours | null;
}

export function draftOf(rule?: AlertRule): Draft {
  return {
    name: rule?.name ?? "",
    severity: rule?.severity ?? "warning",
    chargers: rule?.scope.chargers ?? [],
    sites: rule?.scope.sites ?? [],
    groups: rule?.scope.groups ?? [],
    channels: rule?.channels ?? [],
    enabled: rule?.enabled ?? true,
    auto_resolve: rule?.auto_resolve ?? true,
    clear_after_s: rule?.clear_after_s ?? 60,
    renotify_after_s: rule?.renotify_after_s ?? null,
    notify_resolved: rule?.notify_resolved ?? true,
    group_over: rule?.group_over ?? null,
    group_within_s: rule?.group_within_s ?? 120,
    quiet_hours: rule?.quiet_hours ?? null,
  };
}

/** Whom it concerns; an empty list would mean nobody to the API, so it is left out. */
export function scopeOf({ chargers, sites, groups }: Pick<Draft, "chargers" | "sites" | "groups">): AlertRule["scope"] {
  return {
    ...(chargers.length && { chargers }),
    ...(sites.length && { sites }),
    ...(groups.length && { groups }),
  };
}
