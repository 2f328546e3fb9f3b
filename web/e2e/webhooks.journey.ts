// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, expectAccessible, test } from "./support/test.ts";

/** A program that hears of events: it takes them, or not. */
async function startReceiver(): Promise<{
  url: string;
  heard: string[];
  answer: (status: number) => void;
  stop: () => void;
}> {
  const heard: string[] = [];
  let status = 204;
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      heard.push(body);
      response.writeHead(status).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/csms`,
    heard,
    answer: (next) => {
      status = next;
    },
    stop: () => server.close(),
  };
}

test("a program is told of events, and what it did not take is sent again", async ({ page, api }) => {
  const receiver = await startReceiver();
  try {
    await page.goto("/webhooks");
    await expect(page.getByRole("heading", { level: 1, name: "Webhooks" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Add webhook" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Address" }).fill(receiver.url);
    await dialog.getByRole("textbox", { name: "Name" }).fill(receiver.url.slice(-10));
    await dialog.getByText("Only some").click();
    await dialog.getByText("Command issued").click();
    await dialog.getByText("Command finished").click();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Add webhook" }).click();
    await expect(dialog.getByRole("group", { name: "Secret" })).toContainText("whsec_");
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "I have kept it" }).click();
    await page.getByRole("link", { name: receiver.url.slice(-10) }).click();
    await page.getByRole("button", { name: "Send a test" }).click();
    await expect(page.getByText("The test was taken")).toBeVisible();
    expect(receiver.heard.some((body) => body.includes("webhook.test"))).toBe(true);

    await api.post("/api/v1/chargers/DEMO-001/commands", { data: { command: { type: "clear_cache" } } });
    await expect.poll(() => receiver.heard.length, { timeout: 60_000 }).toBeGreaterThan(1);
    await page.getByRole("button", { name: "Refresh" }).click();
    await expect(page.getByText("Delivered", { exact: true }).first()).toBeVisible();
    await expectAccessible(page);
    await page.getByText("Command issued").last().click();

    receiver.answer(500);
    await page.reload();
    await page.getByRole("button", { name: "Send a test" }).click();
    await expect(page.getByText("The test was not taken")).toBeVisible();
    await page.getByRole("button", { name: "Pause" }).click();
    await expect(page.getByText("Somebody paused it")).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Resume" }).click();
    await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();

    await page.getByRole("button", { name: "More actions" }).first().click();
    await page.getByRole("menuitem", { name: "New secret" }).click();
    await dialog.getByRole("button", { name: "New secret" }).click();
    await expect(dialog.getByRole("group", { name: "Secret" })).toContainText("whsec_");
    await dialog.getByRole("button", { name: "I have kept it" }).click();
    await page.getByRole("button", { name: "More actions" }).first().click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await expect(page.getByText("The webhook is deleted")).toBeVisible();
  } finally {
    receiver.stop();
  }
});

test.describe("an operator", () => {
  test.use({ signedInAs: "operator" });

  test("reads webhooks, and changes none", async ({ page }) => {
    await page.goto("/webhooks");
    await expect(page.getByRole("heading", { level: 1, name: "Webhooks" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Add webhook" })).toHaveCount(0);
  });
});
