// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Chargers of a test's own, where the simulated ones are too reliable. */
import { randomBytes } from "node:crypto";

import { expect, type APIRequestContext } from "@playwright/test";
import { RPCClient } from "ocpp-rpc";

import type { Server } from "./server.ts";

export function newIdentity(): string {
  return `T-${randomBytes(4).toString("hex").toUpperCase()}`;
}

/** One that may connect without a password. */
async function newCharger(api: APIRequestContext): Promise<string> {
  const id = newIdentity();
  const made = await api.post("/api/v1/chargers", { data: { id, security_profile: 0 } });
  expect(made.status(), await made.text()).toBe(201);
  return id;
}

/** One that was connected for a moment, and is offline now. */
export async function newLostCharger(server: Server, api: APIRequestContext): Promise<string> {
  const id = await newCharger(api);
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

function clientOf(server: Server, identity: string, password?: string): RPCClient {
  return new RPCClient({
    endpoint: server.ocppUrl,
    identity,
    password,
    protocols: ["ocpp1.6"],
    strictMode: false,
  } as ConstructorParameters<typeof RPCClient>[0]); // its types ask for what has defaults
}

export interface ChargingCharger {
  id: string;
  close: () => Promise<void>;
}

/** One that is online and charges for a tag that nobody knows; asked to stop, it does, or it refuses. */
export async function newChargingCharger(
  server: Server,
  api: APIRequestContext,
  answer: "Accepted" | "Rejected",
): Promise<ChargingCharger> {
  const id = await newCharger(api);
  const client = clientOf(server, id);
  await client.connect();
  await client.call("BootNotification", { chargePointVendor: "ACME", chargePointModel: "Stubborn" });
  const now = () => new Date().toISOString();
  const status = (what: string) =>
    client.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: what, timestamp: now() });
  await status("Charging");
  const begun = (await client.call("StartTransaction", {
    connectorId: 1,
    idTag: "NOBODY-KNOWS",
    meterStart: 1_000,
    timestamp: now(),
  })) as { transactionId: number };
  let ending: Promise<unknown> = Promise.resolve();
  client.handle("RemoteStopTransaction", async () => {
    if (answer === "Accepted") {
      const { transactionId } = begun;
      ending = client
        .call("StopTransaction", { transactionId, meterStop: 5_000, timestamp: now(), reason: "Remote" })
        .then(() => status("Available"));
    }
    return { status: answer };
  });
  const close = async (): Promise<void> => {
    await ending;
    await client.close();
  };
  return { id, close };
}

/** They connect with passwords of their own, without being known here, and tell what they are: they wait for approval. */
export async function knock(server: Server, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const client = clientOf(server, id, randomBytes(12).toString("hex"));
    await client.connect();
    await client.call("BootNotification", { chargePointVendor: "ACME", chargePointModel: "Stranger" });
    await client.close();
  }
}
