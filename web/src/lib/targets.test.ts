// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { conditionsOf } from "@/lib/targets";

test("a filter is taken apart", () => {
  const filter = { retired: "false", "model[prefix]": ["One", "Two"], site_id: "a", "created_at[gte]": "2027-01-01" };
  expect(conditionsOf(filter)).toEqual([
    { field: "model", compares: "prefix", values: ["One", "Two"] },
    { field: "site_id", compares: "is", values: ["a"] },
    { field: "created_at", compares: "gte", values: ["2027-01-01"] },
  ]);
  expect(conditionsOf({ retired: "true" })).toEqual([{ field: "retired", compares: "is", values: ["true"] }]);
});
