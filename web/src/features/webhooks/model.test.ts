// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { chargersOf, readPayload } from "@/features/webhooks/model";

test("chargers are named one a line or with commas, each once", () => {
  expect(chargersOf(" CP1\nCP2, CP1;CP3 \n")).toEqual(["CP1", "CP2", "CP3"]);
  expect(chargersOf(" \n")).toBe(null);
});

test("what cannot be read is shown as it is", () => {
  expect(readPayload('{"a":1}')).toEqual({ a: 1 });
  expect(readPayload("{")).toBe("{");
});
