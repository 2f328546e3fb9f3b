// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who is signed in, kept for all workers: after a failure a new one begins, and a sign-in for each meets the limits. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Server } from "./server.ts";

const FRESH_MS = 600_000; // an access token lasts a quarter of an hour

/** What was made for this server lately, or is made now. */
export async function kept<Value>(server: Server, name: string, make: () => Promise<Value>): Promise<Value> {
  const path = join(dirname(server.mails), `kept-${name}.json`);
  const found = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (found !== null) {
    const { at, value } = JSON.parse(found) as { at: number; value: Value };
    if (Date.now() - at < FRESH_MS) return value;
  }
  const value = await make();
  await writeFile(`${path}.${process.pid}`, JSON.stringify({ at: Date.now(), value }), { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
  return value;
}
