// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import { linesOf } from "./json-lines";

const VALUE = { a: 1, b: [true, null], c: {} };

function texts(depth: number, toggled: string[] = []): string[] {
  return linesOf(VALUE, depth, new Set(toggled)).map(({ name, text }) => (name === null ? text : `${name}: ${text}`));
}

describe("lines of JSON", () => {
  test("closed, it is one line", () => {
    expect(texts(0)).toEqual(["{…}"]);
  });

  test("parts keep their order, and what is empty cannot be opened", () => {
    expect(texts(1)).toEqual(["{", "a: 1", "b: […]", "c: {}"]);
    expect(linesOf({ c: {} }, 1, new Set())[1]?.isOpen).toBeUndefined();
  });

  test("one part can be open while its neighbours are not, and the other way round", () => {
    expect(texts(1, ["$.b"])).toEqual(["{", "a: 1", "b: [", "0: true", "1: null", "c: {}"]);
    expect(texts(9, ["$.b"])).toEqual(["{", "a: 1", "b: […]", "c: {}"]);
  });

  test("a line knows whose part it is, and its place there", () => {
    const lines = linesOf(VALUE, 9, new Set());
    expect(lines[4]).toMatchObject({ name: "1", parent: 2, place: 2, siblings: 2, depth: 2 });
  });

  test("texts are written as JSON writes them", () => {
    expect(linesOf('say "hello"', 0, new Set())[0]?.text).toBe(String.raw`"say \"hello\""`);
  });

  test("depth does not end it", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 5_000; level += 1) deep = [deep];
    expect(linesOf(deep, Infinity, new Set())).toHaveLength(5_001);
  });
});
