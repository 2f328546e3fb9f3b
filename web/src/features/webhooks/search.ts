// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which deliveries of a webhook are shown. */
import { textsOf, without } from "@/lib/search";

export interface WebhookSearch {
  status?: string[];
  event_type?: string[];
}

export function readSearch({ status, event_type: type }: Record<string, unknown>): WebhookSearch {
  return without({ status: textsOf(status), event_type: textsOf(type) });
}
