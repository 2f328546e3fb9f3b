// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import { faultOf, givenOf, NO_ROLE, rolesOf } from "@/features/people/model";

const assignments = [
  { role: "technician", site_id: "a", group_id: null },
  { role: "viewer", site_id: null, group_id: "g" },
  { role: "technician", site_id: "b", group_id: null },
];

describe("roles and where they hold", () => {
  test("each role is there once, with all its places", () => {
    expect(givenOf({ role: "support", assignments })).toEqual([
      { role: "support", places: [] },
      { role: "technician", places: ["site:a", "site:b"] },
      { role: "viewer", places: ["group:g"] },
    ]);
    expect(givenOf({ role: NO_ROLE, assignments: [] })).toEqual([]);
  });

  test("what is read is written back", () => {
    const written = rolesOf(givenOf({ role: NO_ROLE, assignments }));
    expect(written.role).toBe(NO_ROLE);
    expect(written.assignments).toEqual([
      { role: "technician", site_id: "a" },
      { role: "technician", site_id: "b" },
      { role: "viewer", group_id: "g" },
    ]);
    expect(givenOf(written)).toEqual(givenOf({ role: NO_ROLE, assignments }));
  });

  test("one role at least, one of the whole organization at most, none twice", () => {
    expect(faultOf([])).toBe("none");
    expect(faultOf([{ role: "", places: [] }])).toBe("none");
    const [viewer, support] = [
      { role: "viewer", places: [] },
      { role: "support", places: [] },
    ];
    expect(faultOf([viewer, support])).toBe("two_wholes");
    expect(faultOf([viewer, { role: "viewer", places: ["site:a"] }])).toBe("twice");
    expect(faultOf([viewer, { role: "support", places: ["site:a"] }])).toBe(null);
  });
});
