// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test, vi } from "vitest";

import { GridStore, toggled, withRange } from "./store";
import { NOTHING_SELECTED, type GridSelection } from "./types";

const IDS = ["a", "b", "c", "d"];

function chosen({ ids }: GridSelection): string[] {
  return [...ids].toSorted();
}

describe("selection", () => {
  test("a row is taken in, and out again", () => {
    const one = toggled(NOTHING_SELECTED, IDS, "b");
    expect(chosen(one)).toEqual(["b"]);
    expect(chosen(toggled(one, IDS, "b"))).toEqual([]);
  });

  test("a range goes both ways and adds to what was selected", () => {
    expect(chosen(withRange({ ids: new Set(["d"]), isAll: false }, IDS, 2, 0))).toEqual(["a", "b", "c", "d"]);
  });

  test("taking one out of everything leaves what is loaded without it", () => {
    const rest = toggled({ ids: new Set(), isAll: true }, IDS, "c");
    expect(rest.isAll).toBe(false);
    expect(chosen(rest)).toEqual(["a", "b", "d"]);
  });

  test("nothing that was handed out is changed", () => {
    const before: GridSelection = { ids: new Set(["a"]), isAll: false };
    toggled(before, IDS, "a");
    expect(chosen(before)).toEqual(["a"]);
  });
});

describe("what a row sees", () => {
  test("its look changes with its own selection and activity only", () => {
    const store = new GridStore();
    const heard = vi.fn<() => void>();
    store.subscribe(heard);
    const before = store.look(5, "f");
    store.select({ ids: new Set(["a"]), isAll: false });
    store.activate({ row: 1, column: 2 });
    expect(store.look(5, "f")).toBe(before);
    expect(store.look(0, "a") % 2).toBe(1);
    expect(Math.floor(store.look(1, "b") / 2) - 1).toBe(2);
    expect(heard).toHaveBeenCalledTimes(2);
  });

  test("everything that matches includes what is not loaded", () => {
    const store = new GridStore();
    store.select({ ids: new Set(), isAll: true });
    expect(store.isSelected("not loaded")).toBe(true);
  });
});
