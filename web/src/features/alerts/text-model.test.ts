// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { rowsOf, withInserted } from "@/features/alerts/text-model";

const KINDS = [{ kind: "alert_raised" }, { kind: "alert_resolved" }];

test("each kind in each language, those of channels and of own texts too", () => {
  const own = [{ kind: "alert_raised", language: "de-AT", updated_at: "2026-03-14T08:05:00Z" }];
  const channels = [{ language: "de" }, { language: "de" }, { language: "it" }];
  const rows = rowsOf(KINDS, own, channels, ["en", "de"]);
  expect(rows.map(({ kind, language }) => `${kind} ${language}`)).toEqual(
    ["alert_raised", "alert_resolved"].flatMap((kind) => ["en", "de", "it", "de-AT"].map((each) => `${kind} ${each}`)),
  );
  expect(rows[1]).toEqual({
    kind: "alert_raised",
    language: "de",
    state: "delivered",
    channels: 2,
    changedAt: null,
  });
  expect(rows[3]).toEqual({
    kind: "alert_raised",
    language: "de-AT",
    state: "changed",
    channels: 0,
    changedAt: "2026-03-14T08:05:00Z",
  });
});

test("a text of a kind that is never sent is shown as such, and adds no language to the others", () => {
  const own = [{ kind: "alert.raised", language: "pt", updated_at: null }];
  const rows = rowsOf(KINDS, own, [], ["en"]);
  expect(rows.map(({ state }) => state)).toEqual(["delivered", "delivered", "unused"]);
});

test("a value comes in place of what is selected", () => {
  expect(withInserted("Hello world", 6, 11, "{{ title }}")).toEqual({ text: "Hello {{ title }}", cursor: 17 });
  expect(withInserted("", 0, 0, "{{ url }}")).toEqual({ text: "{{ url }}", cursor: 9 });
});
