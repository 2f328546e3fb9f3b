// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import {
  faultsOf,
  generationOf,
  modelName,
  newEntry,
  progressOf,
  readLines,
  valuesOf,
} from "@/features/templates/model";

const faults = (key: string, value: string) => [...faultsOf([newEntry(key, value)]).values()];

describe("keys", () => {
  test("of 1.6 have no component, those of 2.x do", () => {
    expect(generationOf(["HeartbeatInterval", "MeterValueSampleInterval"])).toBe("ocpp16");
    expect(generationOf(["OCPPCommCtrlr.HeartbeatInterval", "EVSE@1.AvailabilityState"])).toBe("ocpp2");
    expect(generationOf(["HeartbeatInterval", "TxCtrlr.EVConnectionTimeOut"])).toBe("mixed");
    expect(generationOf([])).toBe("ocpp16");
  });

  test("are there once, in any letter case, and are no secrets", () => {
    const one = newEntry("HeartbeatInterval", "300");
    const again = newEntry("heartbeatinterval", "60");
    const secret = newEntry("SecurityCtrlr.BasicAuthPassword", "x");
    const lost = newEntry("", "5");
    const empty = newEntry();
    expect([...faultsOf([one, again, secret, lost, empty])]).toEqual([
      [again.id, "twice"],
      [secret.id, "secret"],
      [lost.id, "missing"],
    ]);
  });

  test("whose type is known take such values only", () => {
    expect(faults("HeartbeatInterval", "soon")).toEqual(["whole"]);
    expect(faults("HeartbeatInterval", "-5")).toEqual(["negative"]);
    expect(faults("OCPPCommCtrlr.HeartbeatInterval", "300")).toEqual([]);
    expect(faults("LocalPreAuthorize", "yes")).toEqual(["truth"]);
    expect(faults("LocalPreAuthorize", "TRUE")).toEqual([]);
    expect(faults("MeterValuesSampledData", "Energy.Active.Import.Register")).toEqual([]);
  });
});

test("lines are read with any of the usual signs between key and value", () => {
  const read = readLines(
    "HeartbeatInterval=300\n\n// a note\nMeterValuesSampledData = A,B\nLocalPreAuthorize\ttrue\nAlone",
  );
  expect(valuesOf(read)).toEqual({
    HeartbeatInterval: "300",
    MeterValuesSampledData: "A,B",
    LocalPreAuthorize: "true",
    Alone: "",
  });
});

test("a model is told as far as it is known", () => {
  expect(modelName({ vendor: "ACME", model: "One", protocol: "ocpp1.6" })).toBe("ACME One, OCPP 1.6");
  expect(modelName({ vendor: null, model: null, protocol: "ocpp2.0.1" })).toBe("OCPP 2.0.1");
  expect(modelName({ vendor: null, model: null, protocol: null })).toBe("");
});

test("commands are counted by what became of them", () => {
  const told = ["pending", "pending", "accepted", "rejected", "timeout"].map((status, index) => ({
    status,
    queued: index === 1,
  }));
  expect(progressOf(told)).toEqual({ total: 5, pending: 2, queued: 1, accepted: 1, failed: 2 });
});
