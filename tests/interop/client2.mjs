// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
//
// npm `ocpp-rpc` in strict mode as a 2.x charger: every request and response of both sides is judged by its validators.
// Usage: node client2.mjs <endpoint> <identity> <password> <protocol> <transaction>. One JSON line per step on stdout; the
// end of stdin ends it.
import { createRequire } from "node:module";
import { once } from "node:events";
import { createInterface } from "node:readline";

const required = createRequire(process.env.CLIENT_MODULES + "/");
const { RPCClient, createValidator } = required("ocpp-rpc");
// Its schemas of 2.1 have other names than it looks for: the same schemas, named as it wants them.
const named = (schema) => ({
  ...schema,
  $id: schema.$id.replace(/Request$/, ".req").replace(/Response$/, ".conf"),
});
const schemas = required("ocpp-rpc/lib/schemas/ocpp2_1.json").map(named);
const [endpoint, identity, password, protocol, ref] = process.argv.slice(2);
const tell = (step, value) => process.stdout.write(JSON.stringify([step, value]) + "\n");

const client = new RPCClient({
  endpoint,
  identity,
  password,
  protocols: [protocol],
  strictMode: true,
  strictModeValidators: [createValidator("ocpp2.1", schemas)],
  reconnect: false,
});
client.on("strictValidationFailure", ({ error }) => tell("strict", String(error)));
client.on("badMessage", ({ error }) => tell("bad", String(error)));

const accepted = () => ({ status: "Accepted" });
const at = (minute) => `2026-11-23T10:0${minute}:00Z`;
const CONTEXTS = { Started: "Transaction.Begin", Updated: "Sample.Periodic", Ended: "Transaction.End" };
const TRIGGERS = { Started: "RemoteStart", Updated: "MeterValuePeriodic", Ended: "RemoteStop" };
const event = (eventType, seqNo, value, unit, info = {}, more = {}) =>
  client.call("TransactionEvent", {
    eventType,
    timestamp: at(seqNo),
    triggerReason: TRIGGERS[eventType],
    seqNo,
    transactionInfo: { transactionId: ref, ...info },
    evse: { id: 1, connectorId: 1 },
    meterValue: [{ timestamp: at(seqNo), sampledValue: [{ value, context: CONTEXTS[eventType], unitOfMeasure: { unit } }] }],
    ...more,
  });
const state = (connectorStatus) =>
  client.call("StatusNotification", { timestamp: at(0), connectorStatus, evseId: 1, connectorId: 1 });

client.handle("ClearCache", accepted);
client.handle("Reset", accepted);
client.handle("ChangeAvailability", () => ({ status: "Scheduled" }));
client.handle("UnlockConnector", () => ({ status: "OngoingAuthorizedTransaction" }));
client.handle("DataTransfer", () => ({ status: "UnknownVendorId" }));
client.handle("GetVariables", ({ params }) => ({
  getVariableResult: params.getVariableData.map((each) => ({
    ...each,
    attributeStatus: "Accepted",
    attributeValue: "300",
  })),
}));
client.handle("SetVariables", ({ params }) => ({
  setVariableResult: params.setVariableData.map(({ attributeValue, ...each }) => ({
    ...each,
    attributeStatus: "Accepted",
  })),
}));
client.handle("TriggerMessage", () => {
  setImmediate(() => state("Occupied"));
  return accepted();
});
client.handle("GetBaseReport", ({ params }) => {
  setImmediate(async () => {
    for (const seqNo of [0, 1]) {
      await client.call("NotifyReport", {
        requestId: params.requestId,
        generatedAt: at(0),
        seqNo,
        tbc: seqNo === 0,
        reportData: [
          {
            component: { name: "EVSE", evse: { id: seqNo + 1 } },
            variable: { name: "AvailabilityState" },
            variableAttribute: [{ value: "Available" }],
          },
        ],
      });
    }
  });
  return accepted();
});
const started = new Promise((resolve) =>
  client.handle("RequestStartTransaction", ({ params }) => {
    const info = { chargingState: "Charging", remoteStartId: params.remoteStartId };
    setImmediate(async () => resolve(await event("Started", 0, 1000, "Wh", info, { idToken: params.idToken })));
    return { status: "Accepted", transactionId: ref };
  }),
);
const stopped = new Promise((resolve) =>
  client.handle("RequestStopTransaction", () => {
    setImmediate(async () => resolve(await event("Ended", 3, 8360, "Wh", { stoppedReason: "Remote" })));
    return accepted();
  }),
);

await client.connect();
tell("protocol", client.protocol);
const chargingStation = { vendorName: "Acme", model: "Two" };
tell("boot", await client.call("BootNotification", { chargingStation, reason: "PowerUp" }));
tell("heartbeat", await client.call("Heartbeat", {}));
await state("Available");
tell("authorize", await client.call("Authorize", { idToken: { idToken: "TAG", type: "ISO14443" } }));
tell("ready", null);
const begun = await started;
await event("Updated", 1, 3450, "Wh");
await event("Updated", 2, 6.1, "kWh");
tell("started", begun);
await stopped;
await state("Available");
tell("stopped", null);
tell("data", await client.call("DataTransfer", { vendorId: "org.example", data: { any: 1 } }));
await once(createInterface({ input: process.stdin }), "close");
await client.close();
