// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, mergeConfig } from "vitest/config";

import app from "./vite.config.ts";

/** Logic runs in Node.js; what is pressed and typed in runs in a browser, since its imitations get the focus wrong. */
export default mergeConfig(
  app,
  defineConfig({
    test: {
      projects: [
        { extends: true, test: { name: "logic", include: ["src/**/*.test.ts"] } },
        {
          extends: true,
          test: {
            name: "parts",
            include: ["src/**/*.test.tsx"],
            browser: {
              enabled: true,
              headless: true,
              screenshotFailures: false,
              provider: playwright({
                launchOptions: {
                  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
                  args: ["--no-sandbox", "--disable-gpu"],
                },
              }),
              viewport: { width: 1024, height: 720 },
              instances: [{ browser: "chromium" }],
            },
          },
        },
      ],
    },
  }),
);
