// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { isSameSearch, keptOf, searchOf } from "./views";

test("two searches are the same in whatever order they were narrowed", () => {
  expect(isSameSearch({ a: ["x"], b: { from: "1", to: "2" } }, { b: { to: "2", from: "1" }, a: ["x"] })).toBe(true);
  expect(isSameSearch({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(isSameSearch({ a: 1 }, { a: "1" })).toBe(false);
});

test("a filter is kept as the API takes it", () => {
  expect(keptOf({ q: "a", status: ["x", "y"], online: true, gone: undefined, span: {}, sort: "-name" })).toEqual({
    filter: { q: "a", status: ["x", "y"], online: "true" },
    sort: "-name",
  });
});

test("a view is the address that it was saved at; one of a program is its filters", () => {
  const filter = { "vendor[prefix]": "ACME", status: ["faulted"] };
  expect(searchOf({ display: { search: { view: "offline" } }, filter, sort: null })).toEqual({ view: "offline" });
  expect(searchOf({ display: { search: ["x"] }, filter, sort: "-name" })).toEqual({
    vendor: "ACME",
    status: ["faulted"],
    sort: "-name",
  });
});
