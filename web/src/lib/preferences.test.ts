// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test, vi } from "vitest";

import type { Preferences } from "@/api/types.gen";

vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined }));
const { appearanceOf, changedDocuments, changeOf, documentsOf, merged, siteIn } = await import("./preferences");

const KEPT: Preferences = {
  locale: "de-AT",
  theme: "dark",
  density: "comfortable",
  time_zone: "utc",
  single_key_shortcuts: false,
  scope: null,
  dismissed: [],
  recent: [],
  documents: { "columns.chargers": { hidden: ["a"] }, old: { a: 1 } },
  updated_at: "2026-01-01T00:00:00Z",
};

test("the server's choice holds, and what waits here before it", () => {
  expect(appearanceOf(KEPT, { theme: "light" })).toEqual({
    theme: "light",
    density: "comfortable",
    language: "de",
    zone: "utc",
    shortcuts: false,
  });
});

test("a language that the app does not speak changes nothing", () => {
  expect(appearanceOf({ ...KEPT, locale: "pt-BR" }, {})).not.toHaveProperty("language");
  expect(appearanceOf({ ...KEPT, locale: null }, {})).not.toHaveProperty("language");
});

test("only what was changed is sent, and changes of documents add up", () => {
  expect(changeOf({ theme: "dark", locale: "de" }, { theme: "dark", locale: "en" })).toEqual({ locale: "en" });
  const one = { a: 1 };
  expect(changedDocuments({ one, gone: {} }, { one, two: { b: 2 } })).toEqual({ gone: null, two: { b: 2 } });
  expect(merged({ theme: "dark", documents: { a: {} } }, { documents: { b: null } })).toEqual({
    theme: "dark",
    documents: { a: {}, b: null },
  });
});

test("documents that were removed here are gone", () => {
  expect(documentsOf(KEPT, { documents: { old: null } })).toEqual({ "columns.chargers": { hidden: ["a"] } });
});

test("the site is the server's, or the one chosen here since; all of them where that was chosen", () => {
  const kept = { scope: { site_id: "a" } };
  expect(siteIn(kept, {})).toBe("a");
  expect(siteIn(kept, { scope: { site_id: "b" } })).toBe("b");
  expect(siteIn(kept, { scope: null })).toBeNull();
  expect(siteIn({ scope: null }, {})).toBeNull();
});
