// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How two states of one thing differ. */

export interface Change {
  field: string;
  before: string;
  after: string;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | null {
  if (value === null || value === undefined) return {};
  return typeof value === "object" && !Array.isArray(value) ? (value as Fields) : null;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Fields that differ; a field of one side only differs too. Null where the two cannot be told by fields. */
export function changesBetween(before: unknown, after: unknown): Change[] | null {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  if (!old || !now) return null;
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
    .map((field) => ({ field, before: textOf(old[field]), after: textOf(now[field]) }));
}
