// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Pictures and films of the screens for the documentation: make docs-media. */
import { defineConfig, devices } from "@playwright/test";

import usual from "./playwright.config.ts";

export default defineConfig({
  ...usual,
  testMatch: "**/*.media.ts",
  timeout: 600_000,
  projects: [
    {
      name: "media",
      use: { ...devices["Desktop Chrome"], viewport: { width: 1280, height: 800 }, trace: "off", screenshot: "off" },
    },
  ],
});
