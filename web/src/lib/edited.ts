// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One thing of the API with the tag of its version, so that nobody writes over what somebody else has changed. */
import { useState } from "react";

import { Problem } from "@/lib/problems";

export interface Edited<Item> {
  item: Item;
  etag: string | null;
}

/** What a request answered, and its version. */
export function editedOf<Item>({ data, response }: { data: Item; response: Response }): Edited<Item> {
  return { item: data, etag: response.headers.get("etag") };
}

/** Whether somebody else was faster. */
export function isConflict(error: unknown): boolean {
  return error instanceof Problem && error.status === 412;
}

/** The version that fields were filled from: what is read again meanwhile is shown as the other's, never written over. */
export function useBegun(etag: string | null): string | null {
  const [begun] = useState(etag);
  return begun;
}
