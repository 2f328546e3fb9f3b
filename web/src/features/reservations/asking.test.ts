// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { refusalOf } from "@/features/reservations/asking";

describe("why a place is not kept", () => {
  it("goes by the reason of a rejection, and by the status of everything else", () => {
    expect(refusalOf({ status: "rejected", reason: "Occupied" })).toBe("occupied");
    expect(refusalOf({ status: "rejected", reason: "faulted" })).toBe("faulted");
    expect(refusalOf({ status: "rejected", reason: null })).toBe("rejected");
    expect(refusalOf({ status: "timed_out", reason: null })).toBe("timed_out");
    expect(refusalOf({ status: "unreachable", reason: "unavailable" })).toBe("unreachable");
    expect(refusalOf({ status: "error", reason: "InternalError" })).toBe("other");
  });
});
