// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What no screen may do, whatever it shows: errors, violations of the policy, failed requests, scrolling sideways. */
import { expect, type Page } from "@playwright/test";

export interface Refusal {
  status: number;
  /** The beginning of the path, such as /api/v1/auth/login. */
  path: string;
}

/** Nobody is signed in yet: the app asks, and is told so. */
const USUAL: Refusal[] = [{ status: 401, path: "/api/v1/me" }];

export class Watch {
  readonly faults: string[] = [];
  readonly #allowed: Refusal[] = [...USUAL];

  /** What a test provokes: it is no fault that the server refuses it. */
  allow(...refusals: Refusal[]): void {
    this.#allowed.push(...refusals);
  }

  async follow(page: Page): Promise<void> {
    page.on("pageerror", (error) => this.faults.push(`error: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      const isNetwork = message.text().startsWith("Failed to load resource"); // seen below, with its status
      if (message.type() === "error" && !isNetwork) this.faults.push(`console: ${message.text()}`);
    });
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "";
      if (reason !== "net::ERR_ABORTED") this.faults.push(`failed: ${request.url()} ${reason}`);
    });
    page.on("response", (response) => {
      const { pathname } = new URL(response.url());
      const status = response.status();
      const isAllowed = this.#allowed.some((each) => each.status === status && pathname.startsWith(each.path));
      if (status >= 400 && !isAllowed) this.faults.push(`${status}: ${response.request().method()} ${pathname}`);
    });
    await page.exposeFunction("csmsViolation", (text: string) => this.faults.push(`policy: ${text}`));
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => {
        const tell = (globalThis as unknown as { csmsViolation: (text: string) => void }).csmsViolation;
        tell(`${violatedDirective} ${blockedURI} ${sample}`);
      });
    });
  }

  /** At the end of each test. */
  async check(page: Page): Promise<void> {
    if (!page.isClosed() && page.url().startsWith("http")) await expectNoSidewaysScroll(page);
    expect(this.faults, "what no screen may do").toEqual([]);
  }
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { wide, room } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    room: document.documentElement.clientWidth,
  }));
  expect(wide, "nothing is wider than the window").toBeLessThanOrEqual(room);
}
