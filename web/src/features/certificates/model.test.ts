// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import type { CertificateItem } from "@/api/types.gen";
import { possibleFor, queryOf, readPem, spansOf, urgencyOf } from "@/features/certificates/model";

const NOW = Date.parse("2027-01-01T00:00:00Z");

function certificate(part: Partial<CertificateItem>): CertificateItem {
  return {
    id: "0",
    charger_id: "CP1",
    kind: "charging_station",
    status: "accepted",
    in_use: true,
    reason: null,
    serial: "ab",
    subject: "CN=CP1",
    not_before: "2026-06-01T00:00:00Z",
    not_after: "2027-06-01T00:00:00Z",
    chain: "",
    command: null,
    renewal_asked_at: null,
    created_at: "2026-06-01T00:00:00Z",
    updated_at: "2026-06-01T00:00:00Z",
    ...part,
  };
}

test("what ends within some days is asked for from now on, and of those in use", () => {
  expect(queryOf({ ends: "month" }, NOW)).toEqual({
    in_use: ["true"],
    "not_after[gte]": "2027-01-08T00:00:00.000Z",
    "not_after[lt]": "2027-01-31T00:00:00.000Z",
    sort: "not_after",
  });
  expect(queryOf({ ends: "expired", sort: "-created_at" }, NOW)).toEqual({
    in_use: ["true"],
    "not_after[lt]": "2027-01-01T00:00:00.000Z",
    sort: "-created_at",
  });
  expect(queryOf({ used: false, charger_id: "CP1" }, NOW)).toEqual({ in_use: ["false"], charger_id: ["CP1"] });
});

test("each certificate counts once, by when it ends", () => {
  const rest = { next_not_after: null, requested: 0, refused: 0, issued: 0, rejected: 0, revoked: 0 };
  const ends = { authority_not_after: "2030-01-01T00:00:00Z", servers: {} };
  const horizon = { in_use: 20, expired: 1, within_7_days: 2, within_30_days: 5, within_90_days: 9, ...rest, ...ends };
  expect(spansOf(horizon)).toEqual({ expired: 1, week: 2, month: 3, quarter: 4, later: 10 });
  expect(["2026-12-31", "2027-01-10", "2027-03-01"].map((day) => urgencyOf(day, NOW))).toEqual([
    "over",
    "soon",
    "later",
  ]);
});

describe("what can be done", () => {
  test("with one in use: renewed and revoked, not sent again", () => {
    expect(possibleFor(certificate({}), NOW)).toEqual({ renew: true, send: false, revoke: true, ask: false });
  });
  test("with one that was refused by the charger: sent again", () => {
    const refused = certificate({ status: "rejected", in_use: false });
    expect(possibleFor(refused, NOW)).toEqual({ renew: false, send: true, revoke: true, ask: false });
  });
  test("with one that was never signed, or is over: the charger is asked anew", () => {
    const unsigned = certificate({ status: "refused", in_use: false, serial: null, not_after: null });
    expect(possibleFor(unsigned, NOW)).toEqual({ renew: false, send: false, revoke: false, ask: true });
    const revoked = certificate({ status: "revoked", in_use: false });
    expect(possibleFor(revoked, NOW)).toEqual({ renew: false, send: false, revoke: false, ask: true });
    const strange = certificate({ kind: "other", status: "refused", in_use: false, serial: null });
    expect(possibleFor(strange, NOW).ask).toBe(false);
  });
});

const block = (kind: string) => `-----BEGIN ${kind}-----\nAAAA\n-----END ${kind}-----\n`;

test("of PEM only certificates are taken, and never a key", () => {
  expect(readPem(block("CERTIFICATE").repeat(2))).toEqual({ count: 2, fault: null });
  expect(readPem(block("CERTIFICATE") + block("EC PRIVATE KEY"))).toEqual({ count: 1, fault: "key" });
  expect(readPem(block("CERTIFICATE REQUEST"))).toEqual({ count: 0, fault: "other" });
  expect(readPem("hello")).toEqual({ count: 0, fault: "none" });
});
