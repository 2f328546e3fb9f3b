// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { bodyOf, emptyForm, hoursOf, isAlive, missingOf, stageOf, standOf, wavesOf } from "@/features/firmware/model";
import { readWizard } from "@/features/firmware/search";

test("hours over midnight are two spans", () => {
  expect(hoursOf([1], "01:00", "05:00")).toEqual([{ weekday: 1, begin: "01:00", end: "05:00" }]);
  expect(hoursOf([7], "22:00", "04:00")).toEqual([
    { weekday: 7, begin: "22:00", end: "24:00" },
    { weekday: 1, begin: "00:00", end: "04:00" },
  ]);
  expect(hoursOf([1], "22:00", "00:00")).toEqual([{ weekday: 1, begin: "22:00", end: "24:00" }]);
  expect(hoursOf([1], "00:00", "00:00")).toEqual([{ weekday: 1, begin: "00:00", end: "24:00" }]);
});

test("those that had nothing to do are not counted", () => {
  const counts = { skipped: 3, installed: 2, failed: 1, expired: 1, waiting: 4, installing: 1 };
  expect(standOf(counts)).toEqual({ total: 9, over: 4, busy: 1, failed: 2, installed: 2, again: 2 });
  expect(isAlive({ status: "stopped", counts })).toBe(true); // somebody still has the command
  expect(isAlive({ status: "stopped", counts: { cancelled: 2 } })).toBe(false);
});

test("many chargers are updated at night, a few first", () => {
  const form = { ...emptyForm(), image: "i", filter: { vendor: "ACME" } };
  const one = bodyOf(form, 1, "Spring");
  expect([one.maintenance_window, one.waves, one.name, one.filter]).toEqual([null, [], "Spring", { vendor: "ACME" }]);
  const many = bodyOf({ ...form, name: " Mine " }, 200, "Spring");
  expect(many.maintenance_window).toHaveLength(7);
  expect(many.waves).toMatchObject([{ chargers: 5, pause_s: 0 }]);
  expect(many.waves?.[0]?.then).toBe("automatic");
  expect(many.name).toBe("Mine");
  expect(wavesOf({ ...form, waves: "all" }, 200)).toEqual([]);
  expect(bodyOf({ ...form, ids: ["A"] }, 1, "x")).not.toHaveProperty("filter");
});

test("what is missing is told", () => {
  const form = emptyForm();
  expect(missingOf(form, 1)).toBe("image");
  expect(missingOf({ ...form, image: "i", window: "days", days: [] }, 1)).toBe("days");
  expect(
    missingOf(
      { ...form, image: "i", waves: "own", own: [{ unit: "percent", size: null, isManual: false, pauseS: 0 }] },
      1,
    ),
  ).toBe("waves");
  expect(missingOf({ ...form, image: "i" }, 1)).toBeNull();
});

test("a wave is over, at work, or to come", () => {
  expect([1, 2, 3].map((wave) => stageOf(wave, { wave: 2, status: "running" }))).toEqual(["over", "now", "next"]);
  expect(stageOf(2, { wave: 2, status: "done" })).toBe("over");
});

test("whom it is for is read from the address with care", () => {
  expect(readWizard({ filter: { vendor: "A" }, ids: "CP1" })).toEqual({ filter: { vendor: "A" }, ids: ["CP1"] });
  expect(readWizard({ filter: "nonsense", other: 1 })).toEqual({});
});
