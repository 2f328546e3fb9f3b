// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Why a charger may refuse to keep a place. */
import type { CommandItem } from "@/api/types.gen";

export type Refusal =
  | "occupied"
  | "faulted"
  | "unavailable"
  | "rejected"
  | "not_supported"
  | "timed_out"
  | "unreachable"
  | "other";

/** OCPP 1.6 §7.41, OCPP 2.1 ReserveNowStatusEnumType: a reason stands beside the status. */
export function refusalOf({ status, reason }: Pick<CommandItem, "status" | "reason">): Refusal {
  const words = (reason ?? "").toLowerCase();
  const named = (["occupied", "faulted", "unavailable"] as const).find((each) => words.includes(each));
  if (status === "rejected") return named ?? "rejected";
  if (status === "not_supported" || status === "timed_out" || status === "unreachable") return status;
  return "other";
}
