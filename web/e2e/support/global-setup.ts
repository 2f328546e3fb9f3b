// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Before the first test: one demo for all of them. CSMS_E2E_SERVER names one that runs already. */
import { startServer, type Server } from "./server.ts";

export default async function start(): Promise<() => Promise<void>> {
  if (process.env.CSMS_E2E_SERVER) return async () => undefined;
  const server = await startServer({ kind: "demo" });
  const { url, ocppUrl, adminPassword, mails } = server;
  process.env.CSMS_E2E_SERVER = JSON.stringify({ url, ocppUrl, adminPassword, mails } satisfies Server);
  return server.stop;
}
