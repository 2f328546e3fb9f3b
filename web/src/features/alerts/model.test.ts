// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { alertsQueryOf, bodiesOf, groupPath, groupsQueryOf, toldOf } from "@/features/alerts/model";
import { readSearch } from "@/features/alerts/search";

describe("what the lists are asked for", () => {
  it("leaves nonsense of an address out", () => {
    expect(readSearch({ tab: "x", view: "list", severity: "critical", mine: "yes", sort: "-colour", q: 7 })).toEqual({
      view: "list",
      severity: ["critical"],
      q: "7",
    });
  });

  it("shows an outage's alerts while they stand, and the outage once it is over", () => {
    const search = { mine: true, site: ["s"], sort: "-alerts" as const };
    expect(alertsQueryOf(search, "open", "me", "UTC")).toEqual({
      status: ["open"],
      outage: ["false"],
      site_id: ["s"],
      assigned_to: ["me"],
    });
    expect(alertsQueryOf({}, "resolved", undefined, "UTC")).toEqual({ status: ["resolved"], member: ["false"] });
    expect(alertsQueryOf({ charger: "A" }, "resolved", undefined, "UTC")).toEqual({
      status: ["resolved"],
      outage: ["false"],
      charger_id: ["A"],
    });
    expect(groupsQueryOf(search, "snoozed", "me", "UTC")).toEqual({
      status: ["snoozed"],
      site_id: ["s"],
      assigned_to: ["me"],
      sort: "-alerts",
    });
  });
});

describe("what is done to many", () => {
  it("is sent as much at a time as the API takes", () => {
    const many = Array.from({ length: 501 }, (_, number) => String(number));
    expect(bodiesOf({ ids: many }).map((body) => ("ids" in body ? body.ids.length : 0))).toEqual([500, 1]);
    const groups = bodiesOf({ groups: many.slice(0, 101), status: "open" });
    expect(groups).toHaveLength(2);
    expect(groups[1]).toEqual({ filter: { group: ["100"], status: "open" } });
    expect(bodiesOf({ filter: { q: "x" } })).toEqual([{ filter: { q: "x" } }]);
  });
});

describe("words and places", () => {
  it("opens one alert by itself, several as a group", () => {
    expect(groupPath({ id: "r.none", alert: null })).toBe("/alerts/groups/r.none");
    expect(groupPath({ id: "r.none", alert: "a" })).toBe("/alerts/a");
  });

  it("reads to whom and until when out of a history", () => {
    expect(toldOf({ kind: "assigned", text: "to ann: please" })).toEqual({ to: "ann", text: "please" });
    expect(toldOf({ kind: "assigned", text: "to nobody" })).toEqual({ to: null, text: null });
    expect(toldOf({ kind: "snoozed", text: "until 2026-11-29T10:00:00+00:00: later" })).toEqual({
      until: "2026-11-29T10:00:00+00:00",
      text: "later",
    });
    expect(toldOf({ kind: "snoozed", text: "until soon" })).toEqual({ text: "until soon" });
    expect(toldOf({ kind: "comment", text: "to ann" })).toEqual({ text: "to ann" });
  });
});
