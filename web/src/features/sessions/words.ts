// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Words for what the API has codes for; a code that is not known here is shown as it is. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

export type WordKind = "attention" | "reasons" | "flags" | "status" | "phases" | "outcomes" | "measurands";

export function useWords(): (kind: WordKind, code: string) => string {
  const { t } = useTranslation("sessions");
  return useCallback((kind, code) => t(`${kind}.${keyOf(code)}`, { defaultValue: code }), [t]);
}

/** Dots lead to other keys, and what ends like "_zero" is a plural. */
function keyOf(code: string): string {
  return code.replaceAll(".", "_").replace(/_(zero|one|two|few|many|other)$/, "-$1");
}

/** Why sessions end: OCPP 1.6 §7.45, OCPP 2.1 ReasonEnumType, and what we say ourselves. */
export const REASONS = [
  "ClosedByOperator",
  "DeAuthorized",
  "EmergencyStop",
  "EnergyLimitReached",
  "EVDisconnected",
  "GroundFault",
  "HardReset",
  "ImmediateReset",
  "Local",
  "LocalOutOfCredit",
  "MasterPass",
  "Other",
  "OvercurrentFault",
  "PowerLoss",
  "PowerQuality",
  "Reboot",
  "Remote",
  "ReqEnergyTransferRejected",
  "SOCLimitReached",
  "SoftReset",
  "StoppedByEV",
  "TimeLimitReached",
  "Timeout",
  "UnlockCommand",
] as const;

/** What is doubted of sessions: csms.domain.transactions has the same. */
export const FLAGS = [
  "begin_zero",
  "clock_unset",
  "closed_by_hand",
  "end_came_late",
  "foreign_transaction",
  "future_timestamp",
  "implausible_jump",
  "implausible_stop",
  "late_readings",
  "missing_events",
  "negative_register",
  "no_register",
  "register_backwards",
  "register_reset",
  "second_stop",
  "stale",
  "start_missing",
  "stop_before_start",
  "stopped_by_other_token",
  "token_not_accepted",
  "unknown_token",
  "unknown_transaction",
] as const;
