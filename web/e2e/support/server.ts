// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A real CSMS of one's own: a temporary data directory, free ports, and a mailbox for what it sends. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startMailbox } from "./mailbox.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;
const CSMS = process.env.CSMS_E2E_COMMAND ?? join(ROOT, ".venv/bin/csms");
const START_MS = 600_000; // the first start makes a database, on slow machines beside other work
const STOP_MS = 60_000;

export interface Server {
  url: string;
  /** What chargers connect to, with their identity behind it. */
  ocppUrl: string;
  adminPassword: string;
  /** Mails that it sent, a file each. */
  mails: string;
}

export interface RunningServer extends Server {
  folder: string;
  stop: () => Promise<void>;
}

export interface Wish {
  /** With simulated chargers and tokens, or with nothing in it. */
  kind: "demo" | "empty";
  /** As after an installation: the password is generated, and has to be changed. */
  isFirstStart?: boolean;
  env?: Record<string, string>;
}

/** Without what is set for another CSMS; it refuses settings that it does not know, such as ours of the tests. */
function surroundings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CSMS_")));
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function isAlive(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false; // not yet
  }
}

async function waitUntilReady(url: string, running: ChildProcess, log: string): Promise<void> {
  const end = Date.now() + START_MS;
  while (!(await isAlive(url))) {
    const over = running.exitCode !== null || Date.now() > end;
    if (over) throw new Error(`csms did not start:\n${await readFile(log, "utf8")}`);
    await new Promise((done) => setTimeout(done, 250));
  }
}

async function stopProcess(running: ChildProcess): Promise<void> {
  if (running.exitCode !== null) return;
  const ended = once(running, "exit");
  running.kill("SIGTERM");
  const late = setTimeout(() => running.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(late);
}

export async function startServer({ kind, isFirstStart, env }: Wish): Promise<RunningServer> {
  if (!existsSync(CSMS)) throw new Error(`there is no ${CSMS}: make .venv/.dev`);
  const folder = await mkdtemp(join(tmpdir(), "csms-e2e-"));
  await chmod(folder, 0o755); // as root, csms has its database run by somebody else, who has to get in
  const mails = join(folder, "mails");
  const data = join(folder, "data");
  await Promise.all([mkdir(mails), mkdir(data)]);
  const mailbox = await startMailbox(mails);
  const [http, ocpp] = [await freePort(), await freePort()];
  const url = `http://localhost:${http}`;
  const given = randomBytes(18).toString("base64url");
  const log = join(folder, "csms.log");
  const words = kind === "demo" ? ["demo", "--chargers", "8", "--speed", "30"] : ["serve"];
  const running = spawn(CSMS, words, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...surroundings(),
      CSMS_DATA_DIR: data,
      CSMS_HTTP__PORT: String(http),
      CSMS_HTTP__PUBLIC_URL: url,
      CSMS_HTTP__TRUSTED_PROXIES: '["127.0.0.1", "::1"]', // tests say from where they come
      CSMS_OCPP__PORT: String(ocpp),
      CSMS_MAIL__HOST: "127.0.0.1",
      CSMS_MAIL__PORT: String(mailbox.port),
      CSMS_MAIL__TLS: "none",
      CSMS_WEBHOOKS__PRIVATE_HOSTS: '["127.0.0.1"]', // a test's own program hears of events
      CSMS_ACCOUNTS__PRIVATE_HOSTS: '["127.0.0.1"]', // a test's own identity provider is asked
      ...(isFirstStart ? {} : { CSMS_ADMIN__PASSWORD: given }),
      ...env,
    },
  });
  const file = createWriteStream(log);
  running.stdout.pipe(file, { end: false });
  running.stderr.pipe(file, { end: false });
  const stop = async (): Promise<void> => {
    await stopProcess(running);
    file.end();
    await mailbox.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(url, running, log);
    const adminPassword = isFirstStart ? (await readFile(join(data, "initial-password"), "utf8")).trim() : given;
    return { url, ocppUrl: `ws://localhost:${ocpp}/ocpp`, adminPassword, mails, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
