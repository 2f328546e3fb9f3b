// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { concernsOf } from "@/features/overview/attention";
import {
  addable,
  added,
  ALL_KINDS,
  boardsOf,
  listPath,
  merged,
  placed,
  usualWidgets,
} from "@/features/overview/layout";

const everything = () => true;

function charger(id: string, at: string, errorCode: string | null = null) {
  return {
    id,
    name: null,
    online: false,
    disconnected_at: at,
    last_heartbeat: null,
    error_code: errorCode,
    status_at: at,
  };
}

function session(id: string, chargerId: string, at: string) {
  return {
    id,
    charger_id: chargerId,
    charger_name: null,
    attention: ["no_meter_values" as const],
    start_timestamp: at,
    start_received_at: at,
  };
}

test("a charger is there once, with everything that is wrong with it", () => {
  const found = concernsOf(
    [charger("away", "2026-01-01T08:00:00Z")],
    [charger("broken", "2026-01-01T07:00:00Z", "GroundFailure"), charger("away", "2026-01-01T06:00:00Z")],
    [session("1", "away", "2026-01-01T05:00:00Z"), session("2", "silent", "2026-01-01T09:00:00Z")],
  );
  expect(found.map(({ chargerId }) => chargerId)).toEqual(["broken", "away", "silent"]);
  expect(found[0]).toMatchObject({ isFaulted: true, isOffline: false, errorCode: "GroundFailure" });
  expect(found[1]).toMatchObject({ isFaulted: false, isOffline: true, since: "2026-01-01T08:00:00Z" });
  expect(found[1]?.sessions).toHaveLength(1);
});

test("the newest come first among those that are alike", () => {
  const found = concernsOf([charger("old", "2026-01-01T00:00:00Z"), charger("new", "2026-01-02T00:00:00Z")], [], []);
  expect(found.map(({ chargerId }) => chargerId)).toEqual(["new", "old"]);
});

test("what is not shown stays kept when the rest is arranged", () => {
  const before = [
    { kind: "unheard_of", size: "S" as const },
    { kind: "power", size: "XL" as const },
    { kind: "recent", size: "L" as const },
  ];
  const shown = placed(before).filter(({ kind }) => kind !== "recent");
  const after = merged(before, shown, added([], "online"));
  expect(after.map(({ kind }) => kind)).toEqual(["online", "unheard_of", "recent"]);
});

test("only what one may see, and what is not there yet, can be added", () => {
  const usual = placed(usualWidgets());
  expect(addable(usual, everything)).toEqual([]);
  expect(addable([], everything)).toEqual(ALL_KINDS);
  expect(addable([], (permission) => permission === "charger:charger:read")).toEqual(["attention"]);
});

test("without any dashboard there is the usual one", () => {
  expect(boardsOf([], "Overview")).toEqual([{ id: null, name: "Overview", widgets: usualWidgets() }]);
  expect(boardsOf([{ id: "1", name: "Mine", widgets: [] }], "Overview")).toEqual([
    { id: "1", name: "Mine", widgets: [] },
  ]);
});

test("figures of a site lead to lists of that site, in the words of each list", () => {
  expect(listPath("/chargers?view=offline", undefined)).toBe("/chargers?view=offline");
  expect(listPath("/chargers?view=offline", "s")).toBe("/chargers?view=offline&site_id=%5B%22s%22%5D");
  expect(listPath("/map?at=1.0%2C2.0%2C3.0", "s")).toBe("/map?at=1.0%2C2.0%2C3.0&site_id=%5B%22s%22%5D");
  expect(listPath("/alerts", "s")).toBe("/alerts?site=%5B%22s%22%5D");
  expect(listPath("/sites", "s")).toBe("/sites");
});
