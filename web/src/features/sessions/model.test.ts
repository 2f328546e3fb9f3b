// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { durationOf, figureOf, withMeter, withStatus, type SessionRow } from "@/features/sessions/model";

function row(change: Partial<SessionRow> = {}): SessionRow {
  return {
    id: "1",
    charger_id: "CP1",
    charger_name: null,
    evse_id: 1,
    connector_id: 1,
    transaction_id: 7,
    reported_ref: null,
    charger_ref: null,
    id_tag: "A",
    token_type: null,
    authorization: "accepted",
    meter_start: 1_000,
    meter_stop: null,
    energy_wh: 500,
    power_w: 7_000,
    soc_percent: 40,
    start_timestamp: "2026-11-29T10:00:00Z",
    stop_timestamp: null,
    start_received_at: "2026-11-29T10:00:01Z",
    stop_received_at: null,
    status: "active",
    phase: null,
    reason: null,
    stop_reason: null,
    stop_id_tag: null,
    flags: [],
    attention: ["no_meter_values", "open_too_long"],
    closed_at: null,
    close_reason: null,
    reservation_id: null,
    total_cost: null,
    created_at: "2026-11-29T10:00:01Z",
    updated_at: "2026-11-29T10:00:01Z",
    ...change,
  };
}

describe("a session that goes on", () => {
  it("takes the total of a figure, else its phases together", () => {
    expect(figureOf({ "Power.Active.Import": 11, "Power.Active.Import.L1": 4 }, "Power.Active.Import")).toBe(11);
    expect(figureOf({ "Power.Active.Import.L1": 4, "Power.Active.Import.L3": 3 }, "Power.Active.Import")).toBe(7);
    expect(figureOf({ Voltage: 230 }, "Power.Active.Import")).toBeNull();
  });

  it("follows its readings, keeps what a reading does not say, and is not silent any more", () => {
    const next = withMeter(row(), { "Power.Active.Import": 0, "Energy.Active.Import.Register": 2_500 });
    expect([next.power_w, next.soc_percent, next.energy_wh]).toEqual([0, 40, 1_500]);
    expect(next.attention).toEqual(["open_too_long"]);
  });

  it("does not believe a register that lies before its beginning", () => {
    expect(withMeter(row(), { "Energy.Active.Import.Register": 10 }).energy_wh).toBe(500);
  });

  it("stands still when it is over", () => {
    const over = withStatus(row(), "completed", 1_800);
    expect([over.status, over.energy_wh, over.power_w, over.soc_percent]).toEqual(["completed", 1_800, null, null]);
    expect(withMeter(over, { "Power.Active.Import": 5 })).toBe(over);
    expect(withStatus(row(), "a status of tomorrow", null).status).toBe("active");
  });

  it("lasts until now, or until its end; nobody knows where a beginning is missing", () => {
    const now = Date.parse("2026-11-29T10:05:00Z");
    expect(durationOf(row(), now)).toBe(300);
    const ended = row({ status: "completed", stop_timestamp: "2026-11-29T10:01:00Z" });
    expect(durationOf(ended, now)).toBe(60);
    expect(durationOf(row({ start_timestamp: null, start_received_at: null }), now)).toBeNull();
  });
});
