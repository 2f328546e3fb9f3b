// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { domainsOf, linesOf, mapOf } from "@/features/people/role-map";

test("values and roles are written a line each, and read again", () => {
  const map = { "csms-admins": "admin", "cn=field,o=x": "technician" };
  expect(linesOf(map)).toBe("csms-admins = admin\ncn=field,o=x = technician");
  expect(mapOf(linesOf(map))).toEqual(map);
  expect(mapOf("\n")).toEqual({});
  expect(mapOf("csms-admins")).toBe(null);
  expect(mapOf("= admin")).toBe(null);
});

test("domains are parted by commas or spaces, each once", () => {
  expect(domainsOf("Company.example, company.example\nother.example")).toEqual(["company.example", "other.example"]);
});
