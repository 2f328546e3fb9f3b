// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The list of chargers in Chromium, for `python -m bench.web`: a line of JSON in, a line of JSON out. */
import { createInterface } from "node:readline";

import { chromium, type CDPSession, type Page } from "@playwright/test";

const {
  CSMS_URL: url = "",
  CSMS_PASSWORD: password = "",
  CHROMIUM: executablePath = "/usr/bin/chromium",
} = process.env;
const ROWS = '[role=grid] [role=row][data-index]:not([data-index="-1"])';

interface Bench {
  tasks: number[];
  events: number;
  since: number;
  seen: [string, number, string][];
}

/** In the page, before anything else of it. */
function follow(): void {
  const bench: Bench = { tasks: [], events: 0, since: performance.now(), seen: [] };
  Object.assign(globalThis, { bench });
  new PerformanceObserver((found) => {
    for (const { duration } of found.getEntries()) bench.tasks.push(duration);
  }).observe({ entryTypes: ["longtask"] });
  new BroadcastChannel("csms.live").addEventListener("message", ({ data }: MessageEvent<{ kind: string }>) => {
    if (data.kind === "event") bench.events += 1;
  });
}

/** Does something, and waits until the first row is another one than before. */
async function change(page: Page, act: () => Promise<unknown>): Promise<void> {
  const first = page.locator(ROWS).first();
  const before = await first.innerText();
  await act();
  await page.waitForFunction(
    ({ rows, text }) => {
      const row = document.querySelector<HTMLElement>(rows);
      return row !== null && row.innerText !== text;
    },
    { rows: ROWS, text: before },
    { polling: "raf" },
  );
}

/** Milliseconds since the last question to the server was sent; a search waits before it until the typing pauses. */
async function sinceAsked(page: Page): Promise<number> {
  return page.evaluate(() => {
    const asked = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/api/v1/chargers?"));
    return performance.now() - (asked.at(-1)?.startTime ?? 0);
  });
}

async function heapMb(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return usedSize / 1e6;
}

async function list(page: Page, cdp: CDPSession, rows: number): Promise<object> {
  await page.goto(`${url}/chargers`); // what is read once is in the cache, as for anybody who works with it
  await page.locator(ROWS).first().waitFor();
  await page.goto("about:blank");
  const began = performance.now();
  await page.goto(`${url}/chargers`, { waitUntil: "commit" });
  await page.locator(ROWS).first().waitFor();
  const first = performance.now() - began;
  const head = page.getByRole("columnheader", { name: /^Charger/ });
  await change(page, () => head.click());
  const sort = await sinceAsked(page);
  await change(page, () => head.click());
  await change(page, () => page.getByRole("searchbox").fill("BENCH-0043"));
  const filter = await sinceAsked(page);
  await change(page, () => page.getByRole("searchbox").fill(""));
  await page.locator(`${ROWS} [data-column]`).first().click();
  let loaded = 0;
  while (loaded < rows) {
    const grid = page.getByRole("grid");
    await grid.locator("[data-column][tabindex='0']").press("Control+End");
    await page.waitForTimeout(150);
    const index = await page.locator(ROWS).last().getAttribute("data-index");
    loaded = Number(index) + 1;
  }
  const heap = await heapMb(cdp);
  await page.goto(`${url}/chargers`);
  await page.locator(ROWS).first().waitFor();
  await page.waitForTimeout(2_000);
  return { first_row_ms: first, sort_ms: sort, filter_ms: filter, heap_mb: heap, rows: loaded };
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
const credentials = { username: "admin", password, session: "cookie" };
const answer = await context.request.post(`${url}/api/v1/auth/login`, { data: credentials, headers: { Origin: url } });
if (!answer.ok()) throw new Error(await answer.text());
const page = await context.newPage();
await page.addInitScript(follow);
const cdp = await context.newCDPSession(page);

const words: Record<string, (asked: Record<string, number>) => Promise<unknown>> = {
  list: async ({ rows = 0 }) => list(page, cdp, rows),
  /** What there was since the last time. */
  tasks: async () =>
    page.evaluate(() => {
      const bench = (globalThis as unknown as { bench: Bench }).bench;
      const found = {
        count: bench.tasks.length,
        longest_ms: Math.max(0, ...bench.tasks),
        events: bench.events,
        seconds: (performance.now() - bench.since) / 1_000,
      };
      Object.assign(bench, { tasks: [], events: 0, since: performance.now() });
      return found;
    }),
  /** From now on each change of a row, with its time. */
  watch: async () =>
    page.evaluate((rows) => {
      const bench = (globalThis as unknown as { bench: Bench }).bench;
      new MutationObserver((changes) => {
        const at = Date.now() / 1_000;
        for (const { target } of changes) {
          const row = (target instanceof Element ? target : target.parentElement)?.closest<HTMLElement>(rows);
          const text = row?.innerText ?? "";
          const name = /BENCH-\d+/.exec(text)?.[0];
          if (name) bench.seen.push([name, at, text]);
        }
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
      return true;
    }, ROWS),
  seen: async () => page.evaluate(() => (globalThis as unknown as { bench: Bench }).bench.seen),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { word, ...asked } = JSON.parse(line) as { word: string } & Record<string, number>;
  console.log(JSON.stringify((await words[word]?.(asked)) ?? null));
}
await browser.close();
