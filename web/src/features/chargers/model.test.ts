// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { ChargerConnector } from "@/api/types.gen";
import {
  asDisconnected,
  lastHeard,
  powerIn,
  powerOf,
  statusOf,
  withMeter,
  withStatus,
  withTransaction,
  worstFamily,
  type ChargerRow,
} from "@/features/chargers/model";

function connector(evse: number, state: string, more: Partial<ChargerConnector> = {}): ChargerConnector {
  return {
    connector_id: 1,
    evse_id: evse,
    status: state,
    state,
    phase: null,
    error_code: null,
    info: null,
    vendor_id: null,
    vendor_error_code: null,
    status_at: null,
    last_status_update: "2026-11-29T04:00:00Z",
    ...more,
  };
}

function row(more: Partial<ChargerRow> = {}): ChargerRow {
  const base: Partial<ChargerRow> = { id: "CP1", online: true, status: "available", connectors: [], powers: {} };
  return {
    last_heartbeat: null,
    boot_at: null,
    connected_at: null,
    disconnected_at: null,
    ...base,
    ...more,
  } as ChargerRow;
}

const AT = "2026-11-29T05:00:00Z";

describe("the state of a charger as a whole", () => {
  it("is offline before anything else, whatever it told last", () => {
    expect(worstFamily(row({ online: false, connectors: [connector(1, "faulted")] }))).toBe("offline");
  });

  it("is a fault as soon as one connector has one", () => {
    expect(worstFamily(row({ connectors: [connector(1, "available"), connector(2, "faulted")] }))).toBe("faulted");
  });

  it("is in use before it is free", () => {
    expect(worstFamily(row({ connectors: [connector(1, "available"), connector(2, "occupied")] }))).toBe("in_use");
  });

  it("is that of the charger where it is out of service itself", () => {
    expect(worstFamily(row({ status: "unavailable", connectors: [connector(1, "available")] }))).toBe("unavailable");
  });
});

describe("the word for a connector", () => {
  it("is the phase of its session, otherwise its state", () => {
    expect(statusOf({ state: "occupied", phase: "suspended_ev", status: "suspended_ev" })).toBe("suspended_ev");
    expect(statusOf({ state: "available", phase: null, status: "available" })).toBe("available");
  });

  it("is the vendor's own where it is unknown", () => {
    expect(statusOf({ state: "unknown", phase: null, status: "Sleeping" })).toBe("Sleeping");
  });
});

describe("what is heard", () => {
  it("of one connector changes that one only", () => {
    const before = row({ connectors: [connector(1, "available"), connector(2, "available")] });
    const event = { type: "status_changed", charger_id: "CP1", evse_id: 2, connector_id: 1, at: AT } as const;
    const after = withStatus(before, { ...event, status: "charging", error_code: null });
    expect(after.connectors[0]).toBe(before.connectors[0]);
    expect(after.connectors[1]).toMatchObject({ state: "occupied", phase: "charging", status_at: AT });
  });

  it("of connector 0 is about the charger itself", () => {
    const event = { type: "status_changed", charger_id: "CP1", evse_id: 0, connector_id: 0, at: AT } as const;
    expect(withStatus(row(), { ...event, status: "faulted", error_code: "GroundFailure" })).toMatchObject({
      status: "faulted",
      error_code: "GroundFailure",
    });
  });

  it("adds up the power of sessions, and forgets those that ended", () => {
    const meter = { type: "meter_recorded", charger_id: "CP1", connector_id: 1, at: AT } as const;
    const one = withMeter(row(), { ...meter, transaction_id: "a", values: { "Power.Active.Import": 7_000 } });
    // the same number of connector at another EVSE is another session
    const two = withMeter(one, { ...meter, transaction_id: "b", values: { "Power.Active.Import": 4_000 } });
    expect(powerOf(two)).toBe(11_000);
    const ended = {
      type: "transaction_changed",
      charger_id: "CP1",
      id: "a",
      transaction_id: 1,
      connector_id: 1,
    } as const;
    expect(powerOf(withTransaction(two, { ...ended, status: "completed", energy_wh: 1, at: AT }))).toBe(4_000);
    expect(
      powerOf(asDisconnected(two, { type: "charger_disconnected", charger_id: "CP1", code: 1006, reason: "", at: AT })),
    ).toBeNull();
  });

  it("leaves the power alone where a reading has none", () => {
    const meter = { type: "meter_recorded", charger_id: "CP1", connector_id: 1, transaction_id: "a", at: AT } as const;
    const before = row({ powers: { a: 5 } });
    expect(withMeter(before, { ...meter, values: { SoC: 50 } }).powers).toBe(before.powers);
  });
});

describe("power", () => {
  it("is the sum of the phases where there is no sum", () => {
    expect(powerIn({ "Power.Active.Import.L1": 1, "Power.Active.Import.L2": 2, "Power.Active.Import.L3": 3 })).toBe(6);
    expect(powerIn({ Voltage: 230 })).toBeNull();
  });
});

describe("the last message", () => {
  it("is the newest sign of any kind", () => {
    const found = lastHeard(
      row({ last_heartbeat: "2026-11-29T03:00:00Z", connectors: [connector(1, "available")], heardAt: null }),
    );
    expect(found).toBe("2026-11-29T04:00:00Z");
    expect(lastHeard(row())).toBeNull();
  });
});
