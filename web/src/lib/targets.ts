// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Whom something is for: a filter of the API, taken apart so that people can read it. */

export interface Condition {
  field: string;
  /** How it compares: `is` one of the values, or as the API says it in brackets. */
  compares: string;
  values: string[];
}

/** `{"vendor[prefix]": ["AC"]}` begins with AC; that retired ones do not belong to it goes without saying. */
export function conditionsOf(filter: Readonly<Record<string, unknown>>): Condition[] {
  return Object.entries(filter).flatMap(([name, value]) => {
    const [, field = name, compares = "is"] = /^([^[]+)(?:\[(\w+)\])?$/.exec(name) ?? [];
    const values = (Array.isArray(value) ? value : [value]).map(String);
    return field === "retired" && values.join() === "false" ? [] : [{ field, compares, values }];
  });
}
