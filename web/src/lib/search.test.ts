// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { instantsOf } from "@/lib/days";
import { apiPath, appPath, daysOf, sortOf, textsOf } from "@/lib/search";

describe("what stands in an address", () => {
  it("means whole days by the clock of the reader, also when the clock is put back", () => {
    const days = { from: "2026-10-25", to: "2026-10-25" };
    expect(instantsOf(days, "Europe/Berlin")).toEqual({
      from: "2026-10-24T22:00:00.000Z",
      to: "2026-10-25T23:00:00.000Z",
    });
    expect(daysOf({ from: "2026-10-25" })).toBeUndefined();
    expect(daysOf({ from: "yesterday", to: "2026-10-25" })).toBeUndefined();
  });

  it("keeps what it knows and forgets the rest", () => {
    expect(textsOf(["a", 7, null, ""])).toEqual(["a", "7"]);
    expect(textsOf({})).toBeUndefined();
    expect(sortOf("-name", ["name"])).toBe("-name");
    expect(sortOf("-secret", ["name"])).toBeUndefined();
  });

  it("repeats several values for the API", () => {
    expect(apiPath("/api/v1/tokens", { status: ["a", "b"], q: undefined, limit: 2 })).toBe(
      "/api/v1/tokens?status=a&status=b&limit=2",
    );
  });

  it("quotes for the app what would be read as a number", () => {
    expect(appPath("/tags", { q: "4E2" })).toBe("/tags?q=%224E2%22");
    expect(appPath("/tags", { q: "04A2", sort: undefined })).toBe("/tags?q=04A2");
  });
});
