// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Chargers, from wherever on a screen: found by a few letters, and asked to do something. */
import { getCommand, listChargers, sendCommand } from "@/api/sdk.gen";
import type { CommandItem, SendCommandData } from "@/api/types.gen";
import { newKey } from "@/lib/keys";

const FEW = 20;
const WAIT_S = 20;
const POLL_MS = 2_000;

/** As a field offers them. */
export async function findChargers(
  query: string,
  signal: AbortSignal,
): Promise<{ id: string; label: string; description: string | undefined }[]> {
  const { data } = await listChargers({
    query: { q: query || undefined, limit: FEW, fields: "id,name", retired: ["false"] },
    signal,
    throwOnError: true,
  });
  return data.items.map(({ id, name }) => ({ id, label: id, description: name ?? undefined }));
}

/** Sends a command, and waits until the charger has answered, or whoever asked is gone. */
export async function ask(charger: string, body: SendCommandData["body"], gone: AbortSignal): Promise<CommandItem> {
  let { data: command } = await sendCommand({
    path: { charger_id: charger },
    query: { wait: WAIT_S },
    headers: { "idempotency-key": newKey() }, // a browser may send it again where a connection broke
    body,
    throwOnError: true,
  });
  while (command.status === "pending" && !gone.aborted) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    const path = { charger_id: charger, command_id: command.id };
    ({ data: command } = await getCommand({ path, throwOnError: true }));
  }
  return command;
}
