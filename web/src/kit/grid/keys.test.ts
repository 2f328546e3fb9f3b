// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import { placeAfter, type Extent } from "./keys";

const GRID: Extent = { rows: 100, columns: 5, page: 10, isRtl: false };

function after(key: string, row: number, column: number, more: Partial<Extent> & { ctrlKey?: boolean } = {}) {
  const { ctrlKey = false, ...extent } = more;
  return placeAfter({ key, ctrlKey, metaKey: false }, { row, column }, { ...GRID, ...extent });
}

describe("keys of a grid", () => {
  test("arrows go one cell on", () => {
    expect(after("ArrowDown", 3, 2)).toEqual({ row: 4, column: 2 });
    expect(after("ArrowRight", 3, 2)).toEqual({ row: 3, column: 3 });
  });

  test("left and right change places where one reads from the right", () => {
    expect(after("ArrowRight", 3, 2, { isRtl: true })).toEqual({ row: 3, column: 1 });
    expect(after("ArrowLeft", 3, 2, { isRtl: true })).toEqual({ row: 3, column: 3 });
  });

  test("up from the first row leads to the head, and no further", () => {
    expect(after("ArrowUp", 0, 2)).toEqual({ row: -1, column: 2 });
    expect(after("ArrowUp", -1, 2)).toEqual({ row: -1, column: 2 });
  });

  test("pages stay within the rows", () => {
    expect(after("PageDown", 95, 1)).toEqual({ row: 99, column: 1 });
    expect(after("PageUp", 4, 1)).toEqual({ row: 0, column: 1 });
    expect(after("PageDown", -1, 1)).toEqual({ row: 10, column: 1 });
  });

  test("Home and End go along the row, with Ctrl over the whole grid", () => {
    expect(after("End", 7, 1)).toEqual({ row: 7, column: 4 });
    expect(after("Home", 7, 3)).toEqual({ row: 7, column: 0 });
    expect(after("End", 7, 1, { ctrlKey: true })).toEqual({ row: 99, column: 4 });
    expect(after("Home", 7, 3, { ctrlKey: true })).toEqual({ row: 0, column: 0 });
  });

  test("without rows there is only the head", () => {
    expect(after("ArrowDown", -1, 0, { rows: 0 })).toEqual({ row: -1, column: 0 });
  });

  test("other keys lead nowhere", () => {
    expect(after("x", 1, 1)).toBeNull();
  });
});
