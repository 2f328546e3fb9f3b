// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { ownPath } from "./own-path";

test.each([
  "/",
  "/chargers",
  "/chargers/CP%201?tab=messages#last",
  "/sessions?status=active&from=2026-01-01T00:00:00Z",
])("%s is a place of ours", (path) => {
  expect(ownPath(path)).toBe(path);
});

test.each([
  undefined,
  null,
  5,
  "",
  "chargers",
  "https://evil.example/",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/.//evil.example",
  "/a/..//evil.example",
  "/%2e//evil.example",
  "/\t/evil.example",
  "/\n//evil.example",
  " //evil.example",
  "javascript:alert(1)",
  "/sign-in?next=/sign-in",
  "/reset-password#token=x",
  `/${"a".repeat(600)}`,
])("%j leads home", (next) => {
  expect(ownPath(next)).toBe("/");
});

test("what is left of any text begins with one slash and stays on this server", () => {
  const parts = ["/", "\\", ".", "..", "evil.example", ":", "@", "%2f", "%5c", "?", "#", "\t", "a", "//"];
  for (const one of parts)
    for (const two of parts)
      for (const three of parts) {
        const path = ownPath(`/${one}${two}${three}`);
        expect(path).toMatch(/^\/(?![/\\])/);
        expect(new URL(path, "https://csms.example").origin).toBe("https://csms.example");
      }
});
