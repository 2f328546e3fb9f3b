// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import { filterText, isEmptyFilter, type FilterDefinition, type FilterValue } from "./filters";

type Words = Parameters<typeof filterText>[3];
type Formats = Parameters<typeof filterText>[2];

const t = ((key: string, values?: Record<string, unknown>) =>
  `${key}${values ? JSON.stringify(values) : ""}`) as unknown as Words;
const format = { number: String, date: (at: string) => at.slice(0, 10) } as unknown as Formats;

function said(filter: FilterDefinition, value: FilterValue | undefined): string | undefined {
  return filterText(filter, value, format, t);
}

describe("filters", () => {
  test("what narrows nothing is empty", () => {
    for (const value of [undefined, "", [], {}, { from: undefined }]) expect(isEmptyFilter(value)).toBe(true);
    for (const value of [false, true, "a", ["a"], { min: 0 }]) expect(isEmptyFilter(value)).toBe(false);
  });

  test("no is an answer too", () => {
    expect(said({ id: "p", label: "Public", kind: "boolean", no: "Private" }, false)).toBe("Private");
  });

  test("of many options the first is named, the others are counted", () => {
    const options = [
      { id: "a", label: "A" },
      { id: "b", label: "B" },
    ];
    expect(said({ id: "s", label: "S", kind: "options", options }, ["b"])).toBe("B");
    expect(said({ id: "s", label: "S", kind: "options", options }, ["b", "a"])).toBe(
      'filter.more{"first":"B","count":1}',
    );
  });

  test("a range may be open at either end, and zero is an end", () => {
    const power: FilterDefinition = { id: "p", label: "P", kind: "number_range", unit: "kW" };
    expect(said(power, { min: 0 })).toBe('filter.atLeast{"value":"0\u00a0kW"}');
    expect(said(power, { max: 5 })).toBe('filter.atMost{"value":"5\u00a0kW"}');
    expect(said(power, { min: 5, max: 5 })).toBe("5\u00a0kW");
  });

  test("days stay the days that were chosen", () => {
    const seen: FilterDefinition = { id: "s", label: "S", kind: "date_range" };
    expect(said(seen, { from: "2026-11-01", to: "2026-11-29" })).toBe(
      'filter.range{"from":"2026-11-01","to":"2026-11-29"}',
    );
  });
});
