// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Webhooks as they are shown. */
import type { Delivery, EventType } from "@/api/types.gen";

export const EVENTS = [
  "transaction.started",
  "transaction.ended",
  "transaction.corrected",
  "command.issued",
  "command.finished",
  "report.completed",
  "device_event.raised",
  "security_event.raised",
  "certificate.requested",
  "alert.raised",
  "alert.resolved",
  "webhook.paused",
] as const satisfies readonly EventType[];

export const DELIVERY_STATUSES = ["pending", "delivered", "dead"] as const satisfies readonly Delivery["status"][];

export function webhookPath(id: string): string {
  return `/webhooks/${encodeURIComponent(id)}`;
}

/** The key of its text: keys have no dots. */
export function eventKey(type: string): string {
  return type === "*" ? "all" : type.replace(".", "_");
}

/** One identity a line, or parted by commas; each once. */
export function chargersOf(text: string): string[] | null {
  const found = [...new Set(text.split(/[\n,;]/).map((each) => each.trim()))].filter(Boolean);
  return found.length ? found : null;
}

/** The text that is sent, as what it means; as it is, where it cannot be read. */
export function readPayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
