// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** An identity provider of a test's own: the one that the tests of the server have. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = new URL("../../..", import.meta.url).pathname;

export interface IdentityProvider {
  issuer: string;
  client: string;
  secret: string;
  stop: () => Promise<void>;
}

/** `claims`: what it says of whoever signs in there. */
export async function startIdentityProvider(claims: object): Promise<IdentityProvider> {
  const words = ["-m", "tests.support.idp", JSON.stringify(claims)];
  const running = spawn(join(ROOT, ".venv/bin/python"), words, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(running, "exit");
  const [told] = (await Promise.race([
    once(createInterface(running.stdout), "line"),
    ended.then(([code]) => Promise.reject(new Error(`the identity provider did not start: ${code}`))),
  ])) as [string];
  const stop = async (): Promise<void> => {
    running.stdin.end();
    await ended;
  };
  return { ...(JSON.parse(told) as Omit<IdentityProvider, "stop">), stop };
}
