// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the server names in its findings, in the words of the reader. */
import type { Format } from "@/lib/format";

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

function wordsOf(name: string, value: string, format: Format): string {
  if (value === "") return "–";
  if (INSTANT.test(value)) return format.dateTime(value);
  return name === "protocol" ? value.replace(/^ocpp/, "OCPP ") : value;
}

/** Times, numbers and spans; `age_s` is there as `age` too. */
export function spoken(parameters: Readonly<Record<string, unknown>>, format: Format): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value === "number") {
      found[name] = name.endsWith("_code") ? String(value) : format.number(value, 3);
      if (name.endsWith("_s")) found[name.slice(0, -2)] = format.duration(value);
      if (name.endsWith("_wh")) found[name.slice(0, -3)] = format.energy(value);
    } else if (typeof value === "string") found[name] = wordsOf(name, value, format);
    else if (Array.isArray(value)) found[name] = format.list(value.map(String));
    else found[name] = value === null || value === undefined ? "–" : JSON.stringify(value);
  }
  return found;
}
