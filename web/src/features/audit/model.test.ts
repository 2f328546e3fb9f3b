// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import { partsOf } from "@/lib/audit";
import texts from "@/locales/en/audit.json";

import { ACTIONS, isNarrowed, KINDS, objectPath, queryOf } from "./model";
import { readSearch } from "./search";

describe("the audit log", () => {
  test("says an action as a thing and what was done to it", () => {
    expect(partsOf("charger:charger:update")).toEqual({ thing: "charger", verb: "update" });
    expect(partsOf("charging:profile:delete")).toEqual({ thing: "charging_profile", verb: "delete" });
    expect(partsOf("new")).toEqual({ thing: "", verb: "" });
  });

  test("has words for every action and every kind that can be chosen", () => {
    const { things, verbs } = texts as { things: Record<string, string>; verbs: Record<string, string> };
    const missing = [
      ...ACTIONS.map(partsOf).flatMap(({ thing, verb }) => [
        ...(things[thing] ? [] : [thing]),
        ...(verbs[verb] ? [] : [verb]),
      ]),
      ...KINDS.filter((kind) => !things[kind]),
    ];
    expect(missing).toEqual([]);
  });

  test("leads to what has a screen", () => {
    expect(objectPath("charger", "A/1")).toBe("/chargers/A%2F1");
    expect(objectPath("job", "1")).toBeNull();
  });

  test("reads its address and leaves out what means nothing", () => {
    expect(readSearch({ entry: "x", at: "y", q: "", kind: "charger" })).toEqual({ kind: ["charger"] });
    expect(readSearch({ entry: 12 })).toEqual({ entry: 12 });
    expect(isNarrowed({ entry: 12, sort: "at" })).toBe(false);
    expect(isNarrowed({ by: ["user"] })).toBe(true);
  });

  test("asks from the first day's beginning to the last day's end in the reader's zone", () => {
    const query = queryOf({ at: { from: "2026-03-28", to: "2026-03-29" }, object: "CP-1" }, "Europe/Berlin");
    expect(query).toEqual({
      "at[gte]": "2026-03-27T23:00:00.000Z",
      "at[lt]": "2026-03-29T22:00:00.000Z",
      subject_id: ["CP-1"],
    });
  });
});
