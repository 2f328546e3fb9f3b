// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A CSMS for tests that stays until Ctrl-C: `node e2e/support/keep.ts [empty]`. */
import { once } from "node:events";

import { startServer } from "./server.ts";

const kind = process.argv[2] === "empty" ? "empty" : "demo";
const { url, ocppUrl, adminPassword, mails, folder, stop } = await startServer({ kind });
console.log(`export CSMS_E2E_SERVER='${JSON.stringify({ url, ocppUrl, adminPassword, mails })}'`);
console.log(`# ${url}  admin  ${adminPassword}  (${folder})`);
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await stop();
