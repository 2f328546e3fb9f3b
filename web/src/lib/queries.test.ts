// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test } from "vitest";

import { outdate, queries } from "@/lib/queries";

afterEach(() => queries.clear());

test("what was deleted is not asked for again, all else of its kind is", () => {
  const keys = [
    ["tags", "one", "gone"],
    ["tags", "one", "kept"],
    ["tags", "list"],
    ["sites", "one", "gone"],
  ];
  for (const key of keys) queries.setQueryData(key, {});
  outdate("tags", "gone");
  expect(keys.map((key) => queries.getQueryState(key)?.isInvalidated)).toEqual([false, true, true, false]);
});

test("without a deletion all of the kind is old", () => {
  queries.setQueryData(["tags", "one", "a"], {});
  outdate("tags");
  expect(queries.getQueryState(["tags", "one", "a"])?.isInvalidated).toBe(true);
});
