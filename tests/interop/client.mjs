// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
//
// npm `ocpp-rpc` in strict mode as the charger: every request and response of both sides is judged by its validators.
// Usage: node client.mjs <endpoint> <identity> <password>. One JSON line per step on stdout; "commands" on stdin ends the
// waiting for commands.
import { createRequire } from "node:module";
import { once } from "node:events";
import { createInterface } from "node:readline";

const { RPCClient } = createRequire(process.env.CLIENT_MODULES + "/")("ocpp-rpc");
const [endpoint, identity, password] = process.argv.slice(2);
const tell = (step, value) => process.stdout.write(JSON.stringify([step, value]) + "\n");

const client = new RPCClient({
  endpoint,
  identity,
  password,
  protocols: ["ocpp1.6"],
  strictMode: true,
  reconnect: false,
});
client.on("strictValidationFailure", ({ error }) => tell("strict", String(error)));
client.on("badMessage", ({ error }) => tell("bad", String(error)));

const accepted = () => ({ status: "Accepted" });
client.handle("ClearCache", accepted);
client.handle("Reset", accepted);
client.handle("ChangeConfiguration", accepted);
client.handle("ChangeAvailability", () => ({ status: "Scheduled" }));
client.handle("UnlockConnector", () => ({ status: "NotSupported" }));
client.handle("DataTransfer", () => ({ status: "UnknownVendorId" }));
client.handle("GetConfiguration", ({ params }) => ({
  configurationKey: [{ key: params.key[0], readonly: false, value: "300" }],
  unknownKey: params.key.slice(1),
}));
client.handle("TriggerMessage", ({ params }) => {
  setImmediate(() => state(params.connectorId, "Charging"));
  return accepted();
});
const started = new Promise((resolve) =>
  client.handle("RemoteStartTransaction", ({ params }) => {
    setImmediate(async () =>
      resolve(
        await client.call("StartTransaction", {
          connectorId: 1,
          idTag: params.idTag,
          meterStart: 1000,
          timestamp: "2026-11-23T10:00:00Z",
        }),
      ),
    );
    return accepted();
  }),
);
const stopped = new Promise((resolve) =>
  client.handle("RemoteStopTransaction", ({ params }) => {
    setImmediate(async () =>
      resolve(
        await client.call("StopTransaction", {
          transactionId: params.transactionId,
          idTag: "TAG",
          meterStop: 8360,
          timestamp: "2026-11-23T11:00:00Z",
          reason: "Local",
        }),
      ),
    );
    return accepted();
  }),
);
const state = (connectorId, status) =>
  client.call("StatusNotification", { connectorId, errorCode: "NoError", status });
const meter = (transactionId, timestamp, value, unit) =>
  client.call("MeterValues", {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp, sampledValue: [{ value, unit }] }],
  });

await client.connect();
tell("protocol", client.protocol);
tell("boot", await client.call("BootNotification", { chargePointVendor: "Acme", chargePointModel: "One" }));
tell("heartbeat", await client.call("Heartbeat", {}));
await state(0, "Available");
await state(1, "Preparing");
tell("authorize", await client.call("Authorize", { idTag: "TAG" }));
tell("ready", null);
const begun = await started;
await meter(begun.transactionId, "2026-11-23T10:20:00Z", "3450", "Wh");
await meter(begun.transactionId, "2026-11-23T10:40:00Z", "6.1", "kWh");
tell("started", begun);
tell("stopped", await stopped);
await state(1, "Available");
tell("data", await client.call("DataTransfer", { vendorId: "org.example", data: "hello" }));
await once(createInterface({ input: process.stdin }), "close");
await client.close();
