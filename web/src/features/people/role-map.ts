// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which role a value of an identity provider gives, as lines that are typed. */

export function linesOf(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .map(([value, role]) => `${value} = ${role}`)
    .join("\n");
}

/** null: a line is not of the form "value = role". */
export function mapOf(text: string): Record<string, string> | null {
  const found: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (!line.trim()) continue;
    const at = line.lastIndexOf("=");
    const [value, role] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    if (at < 0 || !value || !role) return null;
    found[value] = role;
  }
  return found;
}

export function domainsOf(text: string): string[] {
  return [...new Set(text.toLowerCase().split(/[\s,;]+/))].filter(Boolean);
}
