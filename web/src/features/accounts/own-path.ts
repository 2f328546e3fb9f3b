// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where to go on after signing in: only to places of our own, whatever an address says (CWE-601). */

const HERE = "https://here.invalid";
const LONGEST = 500; // what the server takes as `return_to`
// browsers read a backslash as a slash, and leave out what cannot be seen
const ODD = /[\s\\\p{Cc}]/u;
const NOT_AFTER_SIGNING_IN = new Set(["/sign-in", "/forgot-password", "/reset-password", "/invitation"]);

export function ownPath(next: unknown): string {
  if (typeof next !== "string" || !next.startsWith("/") || ODD.test(next)) return "/";
  const address = URL.canParse(next, HERE) ? new URL(next, HERE) : null;
  if (address?.origin !== HERE || NOT_AFTER_SIGNING_IN.has(address.pathname)) return "/";
  const path = address.pathname + address.search + address.hash;
  return path.startsWith("//") || path.length > LONGEST ? "/" : path;
}
