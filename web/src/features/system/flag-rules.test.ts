// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { bodyOf, draftOf } from "./flag-rules";
import { readSearch } from "./search";
import { changesOf } from "./sections";

test("a flag comes back from its form as it went in", () => {
  const flag = {
    id: "1",
    key: "new-map",
    description: null,
    type: "object" as const,
    enabled: true,
    variants: { on: { a: 1 }, off: {} },
    default_variant: "off",
    rules: [{ variant: "on", roles: ["admin"], users: [], organizations: [], percentage: 25 }],
    created_at: "",
    updated_at: "",
  };
  const { key, description, type, enabled, variants, default_variant, rules } = flag;
  expect(bodyOf(draftOf(flag))).toEqual({ key, description, type, enabled, variants, default_variant, rules });
});

test("what is no value of the type goes to the server as it was typed", () => {
  const draft = draftOf(null);
  draft.variants[0] = { id: 1, name: "on", value: "perhaps" };
  expect(bodyOf(draft).variants).toEqual({ on: "perhaps", off: false });
});

test("of a section only what was changed is sent", () => {
  expect(changesOf({ a: 1, b: null, c: ["x"] }, { a: 1, b: 5, c: ["x"] })).toEqual({ b: 5 });
});

test("the address of the system's tabs means only what it may mean", () => {
  expect(readSearch({ tab: "requests", status: { min: 500, max: "x" }, took: {}, method: "GET" })).toEqual({
    tab: "requests",
    status: { min: 500 },
    method: ["GET"],
  });
  expect(readSearch({ tab: "secret" })).toEqual({});
});
