// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import { givable, keyOf, kindOf, sectionsOf } from "@/features/people/permissions";

describe("the table of permissions", () => {
  test("each permission stands once, by what it is about and its kind", () => {
    const all = [
      "charger:charger:read",
      "charger:charger:delete",
      "charger:charger:reset",
      "onboarding:charger:approve",
      "site:site:write",
      "later:thing:do",
    ];
    const sections = sectionsOf(all);
    expect(sections.map(({ id }) => id)).toEqual(["operate", "energy", "admin"]);
    expect(sections[0]?.subjects[0]).toEqual({
      name: "charger:charger",
      permissions: {
        read: ["charger:charger:read"],
        write: ["charger:charger:delete"],
        command: ["charger:charger:reset"],
        approve: [],
      },
    });
    const found = sections.flatMap(({ subjects }) =>
      subjects.flatMap((each) => Object.values(each.permissions).flat()),
    );
    expect(found.toSorted()).toEqual(all.toSorted());
  });

  test("what is not known is written", () => {
    expect(kindOf("a:b:create")).toBe("write");
    expect(kindOf("a:b:raw")).toBe("command");
  });

  test("what holds at some places only cannot be given", () => {
    const grants = [
      { permission: "a:b:read", places: null },
      { permission: "a:b:write", places: ["x"] },
    ];
    expect([...givable(grants)]).toEqual(["a:b:read"]);
  });

  test("keys are made of names", () => {
    expect(keyOf("Nachtschicht Köln (2)")).toBe("nachtschicht-koln-2");
    expect(keyOf("…")).toBe("");
  });
});
