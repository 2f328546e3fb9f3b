// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Settings that change while csms runs: which there are, and how each is edited. The server decides what is valid. */

interface Named {
  name: string;
}

export type SettingField = Named &
  (
    | { kind: "number"; unit: "days" | "months" | "seconds"; min: number; max: number; isNullable?: boolean }
    | { kind: "choice"; options: readonly string[]; isNullable?: boolean }
    | { kind: "truth" }
    | { kind: "roles" }
    | { kind: "instant" }
    | { kind: "organization" }
  );

export type Values = Readonly<Record<string, unknown>>;

export const ROLES = ["admin", "operator", "technician", "finance", "support", "viewer"] as const;

const days = (name: string): SettingField => ({ name, kind: "number", unit: "days", min: 1, max: 3650 });
const months = (name: string): SettingField => ({ name, kind: "number", unit: "months", min: 1, max: 120 });

export const SECTIONS: Readonly<Record<string, readonly SettingField[]>> = {
  chargers: [
    { name: "heartbeat_interval_s", kind: "number", unit: "seconds", min: 10, max: 86_400, isNullable: true },
    { name: "ask_status_after_s", kind: "number", unit: "seconds", min: 0, max: 3600, isNullable: true },
    { name: "validation", kind: "choice", options: ["advisory", "strict"] },
  ],
  onboarding: [
    { name: "mode", kind: "choice", options: ["closed", "approval"], isNullable: true },
    { name: "retry_interval_s", kind: "number", unit: "seconds", min: 1, max: 86_400, isNullable: true },
  ],
  commands: [
    { name: "send_within_s", kind: "number", unit: "seconds", min: 5, max: 3600 },
    { name: "start_timeout_s", kind: "number", unit: "seconds", min: 30, max: 3600 },
  ],
  sign_in: [
    { name: "require_mfa", kind: "truth" },
    { name: "require_mfa_roles", kind: "roles" },
    { name: "require_mfa_from", kind: "instant" },
  ],
  sign_in_page: [{ name: "organization_id", kind: "organization" }],
  retention: [
    days("ocpp_log_days"),
    months("meter_values_months"),
    months("status_history_months"),
    months("security_events_months"),
    months("commands_months"),
    months("device_events_months"),
    months("configuration_history_months"),
    days("requests_days"),
    days("jobs_days"),
    days("files_days"),
  ],
};

/** Those of the tab of settings; the others have tabs of their own. */
export const GENERAL = ["chargers", "onboarding", "commands", "sign_in", "sign_in_page"] as const;

export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

/** What is to be sent: only what differs from what was there. */
export function changesOf(before: Values, after: Values): Record<string, unknown> {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => !isSame(before[name], value)));
}
