// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { conditionOf, initialOf, isMissing, parametersOf, scopeOf, wordsOf } from "@/features/alerts/rule-model";

const SCHEMA = {
  properties: {
    kind: { const: "command_failed", type: "string" },
    after_s: { type: "integer", minimum: 10, maximum: 60, default: 15 },
    pending: { type: "boolean", default: true },
    statuses: { type: "array", items: { enum: ["rejected", "error"], type: "string" }, default: ["error"] },
    commands: { anyOf: [{ type: "array", items: { type: "string" } }, { type: "null" }], default: null },
    shape: { type: "object" },
  },
};

describe("the fields of a condition", () => {
  it("are read out of its schema", () => {
    const found = parametersOf(SCHEMA);
    expect(found.map(({ name, kind }) => [name, kind])).toEqual([
      ["after_s", "number"],
      ["pending", "boolean"],
      ["statuses", "choices"],
      ["commands", "words"],
    ]);
    expect(found[0]).toMatchObject({ min: 10, max: 60, mayBeEmpty: false });
    expect(initialOf(found)).toEqual({ after_s: 15, pending: true, statuses: ["error"], commands: null });
  });

  it("mean all where none of several is named", () => {
    const found = parametersOf(SCHEMA);
    const values = { ...initialOf(found), commands: [] };
    expect(conditionOf("command_failed", found, values)).toEqual({
      kind: "command_failed",
      after_s: 15,
      pending: true,
      statuses: ["error"],
      commands: null,
    });
    expect(
      found.map((each) => isMissing(each, { after_s: null, pending: false, statuses: [], commands: null }[each.name])),
    ).toEqual([true, false, true, false]);
  });
});

describe("whom a rule concerns", () => {
  it("is all where nobody is named", () => {
    expect(scopeOf({ chargers: [], sites: [], groups: [] })).toEqual({});
    expect(scopeOf({ chargers: ["A"], sites: [], groups: ["g"] })).toEqual({ chargers: ["A"], groups: ["g"] });
    expect(wordsOf(" a \n\nb\na")).toEqual(["a", "b"]);
  });
});
