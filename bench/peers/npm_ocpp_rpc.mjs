// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
//
// A central system on npm `ocpp-rpc`, as its documentation builds one, with strict validation. It stores nothing.
// Usage: node npm_ocpp_rpc.mjs <port>, with CLIENT_MODULES naming the folder of the packages.
import { createRequire } from "node:module";

const { RPCServer } = createRequire(process.env.CLIENT_MODULES + "/")("ocpp-rpc");
const server = new RPCServer({ protocols: ["ocpp1.6"], strictMode: true, pingIntervalMs: 0 });
const now = () => new Date().toISOString();
let transactions = 0;

server.auth((accept) => accept());
server.on("client", (client) => {
  client.handle("BootNotification", () => ({ status: "Accepted", interval: 300, currentTime: now() }));
  client.handle("Heartbeat", () => ({ currentTime: now() }));
  client.handle("StartTransaction", () => ({ transactionId: ++transactions, idTagInfo: { status: "Accepted" } }));
  client.handle("MeterValues", () => ({}));
});
await server.listen(Number(process.argv[2]), "127.0.0.1");
