// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { defineConfig, devices } from "@playwright/test";

const WIDTHS = [
  { width: 1440, height: 900 },
  { width: 768, height: 1024 },
  { width: 390, height: 844 },
  { width: 320, height: 720 },
];
const THEMES = ["light", "dark"] as const;
const USUAL = "1440-light";

// One looks run unless all are asked for; workers read this file as well, and have to see the same projects.
if (process.argv.some((word) => word.startsWith("--project"))) process.env.CSMS_E2E_LOOKS = "all";
if (process.argv.some((word) => word.includes("states"))) process.env.CSMS_E2E_STATES = "yes";

const projects = WIDTHS.flatMap((viewport) =>
  THEMES.map((colorScheme) => ({
    name: `${viewport.width}-${colorScheme}`,
    use: { ...devices["Desktop Chrome"], viewport, colorScheme, hasTouch: viewport.width < 768 },
  })),
);

const isEverything = process.env.CSMS_E2E_LOOKS === "all";

export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.journey.ts",
  // every state of every screen is looked at by make e2e, and by name
  testIgnore: isEverything || process.env.CSMS_E2E_STATES ? [] : ["**/states.journey.ts"],
  outputDir: "e2e/.results",
  globalSetup: "./e2e/support/global-setup.ts",
  // one CSMS for all: more at once makes small machines slow instead of the tests quick
  workers: 2,
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    actionTimeout: 60_000, // so that it is said what could not be done, before the test itself is out of time
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    // a trace takes as long again as what it traces
    trace: process.env.CSMS_E2E_TRACE ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-unsafe-swiftshader",
      ],
    },
  },
  projects: isEverything ? projects : projects.filter(({ name }) => name === USUAL),
});
