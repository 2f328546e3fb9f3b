// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import { LEAST_WIDTH, resized, shownOf, startOf, templateOf, widthOf } from "./arrange";
import type { GridColumn } from "./types";

const NAME: GridColumn<object> = { id: "name", label: "Name", render: () => null, width: 160 };
const SITE: GridColumn<object> = { id: "site", label: "Site", render: () => null, width: 80, minWidth: 72 };
const NOTE: GridColumn<object> = { id: "note", label: "Note", render: () => null, isHidden: true };
const COLUMNS = [NAME, SITE, NOTE];

describe("columns", () => {
  test("what is hidden at first is hidden", () => {
    expect(shownOf(COLUMNS, startOf(COLUMNS)).map(({ id }) => id)).toEqual(["name", "site"]);
  });

  test("the first one names the row and cannot be hidden", () => {
    expect(shownOf(COLUMNS, { widths: {}, hidden: ["name", "site", "note"] }).map(({ id }) => id)).toEqual(["name"]);
  });

  test("a column becomes no narrower than it may", () => {
    const narrow = resized(SITE, startOf(COLUMNS), 10);
    expect(widthOf(SITE, narrow)).toBe(72);
    expect(widthOf(NAME, resized(NAME, narrow, 10))).toBe(LEAST_WIDTH);
  });

  test("what was given a width keeps it, the others share what is left", () => {
    const arrangement = resized(NAME, startOf(COLUMNS), 320);
    const { template, least } = templateOf([NAME, SITE], arrangement, { selection: false, actions: false });
    expect(template).toBe("20rem minmax(5rem, 80fr)");
    expect(least).toBe("25rem");
  });
});
