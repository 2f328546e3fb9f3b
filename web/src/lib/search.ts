// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What stands in an address behind the question mark, as far as it means something. */
/** One or several texts. */
export function textsOf(value: unknown): string[] | undefined {
  const found = (Array.isArray(value) ? value : [value]).filter(
    (each): each is string | number => (typeof each === "string" && each !== "") || typeof each === "number",
  );
  return found.length ? found.map(String) : undefined;
}

export function oneTextOf(value: unknown): string | undefined {
  return textsOf(value)?.[0];
}

/** One of a few. */
export function oneOf<Value extends string>(value: unknown, known: readonly Value[]): Value | undefined {
  return known.find((each) => each === value);
}

/** The sort of a list, if it has it. */
export function sortOf<Value extends string>(value: unknown, known: readonly Value[]): Value | `-${Value}` | undefined {
  if (typeof value !== "string") return undefined;
  return known.some((each) => each === value.replace(/^-/, "")) ? (value as Value | `-${Value}`) : undefined;
}

export interface Days {
  from: string;
  to: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function daysOf(value: unknown): Days | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { from, to } = value as Record<string, unknown>;
  const areDays = typeof from === "string" && typeof to === "string" && DAY.test(from) && DAY.test(to);
  return areDays ? { from, to } : undefined;
}

export function without<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value;
}

/** An address of the API; what has several values is repeated, as it wants it. */
export function apiPath(path: string, query: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value])
      if (typeof each === "string" || typeof each === "number") parameters.append(name, String(each));
  }
  return `${path}?${parameters}`;
}

/** An address of the app, written as the router reads it: a text that could be read as a number is quoted. */
export function appPath(path: string, search: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value === undefined) continue;
    parameters.set(name, typeof value === "string" && !isJson(value) ? value : JSON.stringify(value));
  }
  return `${path}?${parameters}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
