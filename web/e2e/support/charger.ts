// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A charger that connects and goes away, where the simulated ones are too reliable. */
import { randomBytes } from "node:crypto";

import { expect, type APIRequestContext } from "@playwright/test";

import type { Server } from "./server.ts";

/** One that was connected for a moment, and is offline now. */
export async function newLostCharger(server: Server, api: APIRequestContext): Promise<string> {
  const id = `T-${randomBytes(4).toString("hex").toUpperCase()}`;
  const made = await api.post("/api/v1/chargers", { data: { id, security_profile: 0 } });
  expect(made.status(), await made.text()).toBe(201);
  const socket = new WebSocket(`${server.ocppUrl}/${id}`, ["ocpp1.6"]);
  await new Promise<void>((done, fail) => {
    socket.addEventListener("open", () => done());
    socket.addEventListener("error", () => fail(new Error(`${id} could not connect`)));
  });
  const isOnline = async () => {
    const answer = await api.get(`/api/v1/chargers/${id}`);
    return ((await answer.json()) as { online: boolean }).online;
  };
  await expect.poll(isOnline).toBe(true);
  socket.close();
  await expect.poll(isOnline).toBe(false);
  return id;
}
