// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Tags as they are shown. In the API they are tokens. */
import type { Token, TokenUpdate } from "@/api/types.gen";

export type TagRow = Token & { driverName?: string };
export type TagStatus = Token["status"];
export type TagKind = NonNullable<TokenUpdate["type"]>;

export const STATUSES = ["accepted", "blocked", "expired", "invalid"] as const satisfies readonly TagStatus[];
export const KINDS = [
  "rfid",
  "app",
  "emaid",
  "mac_address",
  "key_code",
  "central",
  "other",
] as const satisfies readonly TagKind[];

export function tagPath(id: string): string {
  return `/tags/${encodeURIComponent(id)}`;
}

/** As chargers are told: an accepted tag whose time is over is expired. */
export function stateOf({ status, expires_at: end }: Pick<Token, "status" | "expires_at">, now: number): TagStatus {
  return status === "accepted" && end !== null && Date.parse(end) <= now ? "expired" : status;
}
