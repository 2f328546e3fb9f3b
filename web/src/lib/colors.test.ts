// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import { brandColors, brandCss, contrast, ENOUGH, textOn } from "./colors";

const EVERY = Array.from({ length: 6 ** 3 }, (_, index) => {
  const parts = [Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6];
  return `#${parts.map((part) => (part * 51).toString(16).padStart(2, "0")).join("")}`;
});

describe("colours of a brand", () => {
  test("contrast is that of WCAG", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
    expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
    expect(textOn("#0a5c36").text).toBe("#ffffff");
    expect(textOn("#808080").ratio).toBeLessThan(ENOUGH);
  });

  test("whatever the colour is, it can be read in both themes, and text on it too", () => {
    for (const color of EVERY) {
      for (const [theme, surfaces] of [
        ["light", ["#f6f7f9", "#eceff3", "#ffffff"]],
        ["dark", ["#0e131a", "#161d27", "#1e2733"]],
      ] as const) {
        const { accent, soft, onAccent } = brandColors(color, theme);
        for (const each of [...surfaces, soft, onAccent])
          expect(contrast(accent, each), `${color} in ${theme} on ${each}`).toBeGreaterThanOrEqual(ENOUGH);
      }
    }
  });

  test("a colour that can be read stays as it is", () => {
    expect(brandColors("#0a5c36", "light").accent).toBe("#0a5c36");
    expect(brandCss("#0a5c36")).toContain('[data-theme="dark"]{--accent:');
  });
});
