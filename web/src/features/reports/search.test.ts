// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { queryOf } from "@/features/reports/query";
import { bysOf, readSearch } from "@/features/reports/search";

test("what an address cannot mean is left out", () => {
  expect(readSearch({ kind: "gold", by: "site", interval: "week", days: { from: "x", to: "y" } })).toEqual({
    by: "site",
    interval: "week",
  });
});

test("only energy is divided by tokens", () => {
  expect(readSearch({ kind: "uptime", by: "token" })).toEqual({ kind: "uptime" });
  expect(readSearch({ by: "token" })).toEqual({ by: "token" });
  expect(bysOf("energy", () => true)).toContain("token_group");
  expect(bysOf("uptime", () => true)).not.toContain("token");
  expect(bysOf("energy", (permission) => permission === "token:token:read")).not.toContain("token");
});

test("days of one's own take the place of a preset", () => {
  const days = { from: "2026-01-01", to: "2026-01-31" };
  expect(readSearch({ days, preset: "today" })).toEqual({ days });
});

test("the last day is a whole one", () => {
  expect(queryOf({}, { from: "2026-01-31", to: "2026-01-31" })).toEqual({
    from: "2026-01-31",
    to: "2026-02-01",
    by: "none",
    interval: "day",
  });
});
