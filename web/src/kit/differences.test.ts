// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { changesBetween } from "./differences";

test("fields that differ are told, also those of one side only", () => {
  expect(changesBetween({ a: 1, b: [1], c: "x" }, { a: 2, b: [1], d: null })).toEqual([
    { field: "a", before: "1", after: "2" },
    { field: "c", before: "x", after: "–" },
    { field: "d", before: "–", after: "–" },
  ]);
  expect(changesBetween(null, undefined)).toEqual([]);
});

test("what has no fields is not compared by them", () => {
  expect(changesBetween([1], { a: 1 })).toBeNull();
});
