// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is seen, as a film: frames that Chromium hands out when something changes, put together by ffmpeg. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, type Locator, type Page } from "@playwright/test";

const run = promisify(execFile);
const MOST_BYTES = 2_000_000;
const MOST_PAUSE_S = 2.5; // waiting for the network is no part of a film
const LAST_S = 2;

export interface Film {
  /** Goes there, so that one sees where, and presses it. */
  press: (target: Locator) => Promise<void>;
  /** As somebody types. */
  type: (target: Locator, text: string) => Promise<void>;
  /** Time to read. */
  look: (ms?: number) => Promise<void>;
}

const CURSOR = `
  const dot = document.createElement("div");
  Object.assign(dot.style, { position: "fixed", inset: "0 auto auto 0", width: "22px", height: "22px",
    margin: "-11px", borderRadius: "50%", background: "rgb(15 118 110 / 35%)", border: "2px solid rgb(15 118 110)",
    zIndex: "2147483647", pointerEvents: "none", transition: "transform 80ms" });
  dot.setAttribute("aria-hidden", "true");
  addEventListener("DOMContentLoaded", () => document.documentElement.append(dot));
  addEventListener("mousemove", ({ clientX, clientY }) => { dot.style.left = clientX + "px"; dot.style.top = clientY + "px"; }, true);
  addEventListener("mousedown", () => { dot.style.transform = "scale(0.6)"; }, true);
  addEventListener("mouseup", () => { dot.style.transform = ""; }, true);
`;

interface Frame {
  file: string;
  at: number;
}

async function encode(frames: Frame[], folder: string, to: string): Promise<void> {
  const lines = frames.map(({ file, at }, index) => {
    const next = frames[index + 1];
    const shown = next ? Math.min(next.at - at, MOST_PAUSE_S) : LAST_S;
    return `file '${file}'\nduration ${Math.max(shown, 0.02).toFixed(3)}`;
  });
  const list = join(folder, "list.txt");
  await writeFile(list, `${lines.join("\n")}\nfile '${frames.at(-1)?.file ?? ""}'\n`);
  const inputs = ["-f", "concat", "-safe", "0", "-i", list];
  const codec = ["-c:v", "libvpx-vp9", "-crf", "38", "-b:v", "0", "-row-mt", "1", "-cpu-used", "3"];
  const size = ["-vf", "fps=12,scale=960:-2", "-pix_fmt", "yuv420p", "-an"];
  await run("ffmpeg", ["-y", "-loglevel", "error", ...inputs, ...size, ...codec, to]);
}

/** Films what `act` does, into `to`. */
export async function film(page: Page, to: string, start: string, act: (film: Film) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "csms-film-"));
  const frames: Frame[] = [];
  const written: Promise<void>[] = [];
  await page.addInitScript(CURSOR);
  await page.goto(start);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.mouse.move(640, 420);
  const cdp = await page.context().newCDPSession(page);
  cdp.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
    const file = join(folder, `${String(frames.length).padStart(5, "0")}.jpg`);
    frames.push({ file, at: metadata.timestamp ?? Date.now() / 1000 });
    written.push(writeFile(file, Buffer.from(data, "base64")));
    void cdp.send("Page.screencastFrameAck", { sessionId }).catch(() => undefined); // the page may be gone by now
  });
  await cdp.send("Page.startScreencast", { format: "jpeg", quality: 80, everyNthFrame: 1 });
  const look = async (ms = 1_200) => page.waitForTimeout(ms);
  const reach = async (target: Locator) => {
    await target.scrollIntoViewIfNeeded();
    const box = await target.boundingBox();
    if (box) await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 12 });
    await look(350);
  };
  await look();
  await act({
    press: async (target) => {
      await reach(target);
      await target.click();
      await look(500);
    },
    type: async (target, text) => {
      await reach(target);
      await target.click();
      await target.pressSequentially(text, { delay: 60 });
      await look(500);
    },
    look,
  });
  await look();
  await cdp.send("Page.stopScreencast");
  await Promise.all(written);
  await encode(frames, folder, to);
  await rm(folder, { recursive: true, force: true });
  const { size } = await stat(to);
  expect(size, `${to} is small enough for a page`).toBeLessThanOrEqual(MOST_BYTES);
}
