// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { answerStatus, beginning, jobPath, lookOf, secondsLeft, tally } from "@/features/jobs/model";
import { readOne, readSearch } from "@/features/jobs/search";

test("what is over, what went wrong and what waits are counted apart", () => {
  expect(tally({ waiting: 5, pending: 2, accepted: 7, rejected: 1, unreachable: 3 })).toEqual({
    over: 11,
    failed: 4,
    waiting: 5,
  });
  expect(tally({ changed: 2, unchanged: 1, refused: 1 })).toEqual({ over: 4, failed: 1, waiting: 0 });
  expect(tally({})).toEqual({ over: 0, failed: 0, waiting: 0 });
});

test("the end is told from the pace so far", () => {
  const first = { at: 0, over: 0 };
  expect(secondsLeft(first, { at: 10_000, over: 50 }, 200)).toBe(30);
  expect(secondsLeft(first, { at: 1_000, over: 50 }, 200)).toBeNull(); // too early
  expect(secondsLeft(first, { at: 10_000, over: 0 }, 200)).toBeNull(); // nothing has happened
  expect(secondsLeft(first, { at: 10_000, over: 200 }, 200)).toBeNull(); // it is over
});

test("a second round has no beginning that is known", () => {
  const begun = "2027-01-01T00:00:00Z";
  expect(beginning({ round: 0, started: null, begun })).toEqual({ at: Date.parse(begun), over: 0 });
  expect(beginning({ round: 1, started: null, begun })).toBeNull();
});

test("an address says which kind of job it is of", () => {
  expect(jobPath({ id: "a", source: "commands" })).toBe("/jobs/a");
  expect(jobPath({ id: "a", source: "tags" })).toBe("/jobs/a?of=tags");
  expect(readOne({ of: "tags", status: "refused" })).toEqual({ of: "tags", status: ["refused"] });
  expect(readSearch({ of: "commands", actor: "ann", other: 1 })).toEqual({ actor: "ann" });
});

test("answers of chargers are read with care", () => {
  expect(answerStatus({ status: "Rejected" })).toBe("Rejected");
  expect(answerStatus({ status: 1 })).toBeNull();
  expect(answerStatus(null)).toBeNull();
  expect(lookOf("unreachable")).toBe("warning");
  expect(lookOf("anything else")).toBe("danger");
});
