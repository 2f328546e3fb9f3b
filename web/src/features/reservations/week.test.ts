// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { parseDate } from "@internationalized/date";
import { describe, expect, it } from "vitest";

import type { Reservation } from "@/api/types.gen";
import { rowsOf, spanOf, weekOf } from "@/features/reservations/week";

function reservation(change: Partial<Reservation>): Reservation {
  return {
    id: "1",
    charger_id: "CP1",
    reservation_id: 1,
    evse_id: 1,
    connector_type: null,
    token: "A",
    group: null,
    status: "active",
    transaction: null,
    expires_at: "2026-11-25T10:00:00Z",
    created_at: "2026-11-24T22:30:00Z",
    updated_at: "2026-11-24T22:30:00Z",
    ...change,
  };
}

describe("a week of reservations", () => {
  it("begins on the first day of a week in that language", () => {
    expect(weekOf("2026-11-25", "UTC", "de")[0]?.toString()).toBe("2026-11-23");
    expect(weekOf("2026-11-25", "UTC", "en-US")[0]?.toString()).toBe("2026-11-22");
  });

  it("shows a reservation on each day that it touches, by the clock of the reader", () => {
    const days = ["2026-11-24", "2026-11-25", "2026-11-26"].map((day) => parseDate(day));
    const counts = (zone: string) => rowsOf([reservation({})], days, zone)[0]?.days.map((each) => each.length);
    expect(counts("UTC")).toEqual([1, 1, 0]);
    expect(counts("Asia/Tokyo")).toEqual([0, 1, 0]);
  });

  it("ends when it was cancelled, not when it would have expired", () => {
    const cancelled = reservation({ status: "cancelled", updated_at: "2026-11-24T23:00:00Z" });
    expect(new Date(spanOf(cancelled).to).toISOString()).toBe("2026-11-24T23:00:00.000Z");
  });

  it("orders chargers as people count, and keeps a reservation that ended at once", () => {
    const days = [parseDate("2026-11-24")];
    const now = { created_at: "2026-11-24T10:00:00Z", expires_at: "2026-11-24T10:00:00Z" };
    const rows = rowsOf(
      [reservation({ charger_id: "CP10", ...now }), reservation({ charger_id: "CP2", ...now })],
      days,
      "UTC",
    );
    expect(rows.map(({ charger }) => charger)).toEqual(["CP2", "CP10"]);
    expect(rows.map(({ days: [first] }) => first?.length)).toEqual([1, 1]);
  });
});
