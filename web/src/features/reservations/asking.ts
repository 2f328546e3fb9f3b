// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A command to a charger, until it is answered; and why a charger may refuse to keep a place. */
import { getCommand, sendCommand } from "@/api/sdk.gen";
import type { CommandItem, SendCommandData } from "@/api/types.gen";

const WAIT_S = 20;
const POLL_MS = 2_000;

export async function ask(charger: string, body: SendCommandData["body"], gone: AbortSignal): Promise<CommandItem> {
  let { data: command } = await sendCommand({
    path: { charger_id: charger },
    query: { wait: WAIT_S },
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

export type Refusal =
  | "occupied"
  | "faulted"
  | "unavailable"
  | "rejected"
  | "not_supported"
  | "timed_out"
  | "unreachable"
  | "other";

/** OCPP 1.6 §7.41, OCPP 2.1 ReserveNowStatusEnumType: a reason stands beside the status. */
export function refusalOf({ status, reason }: Pick<CommandItem, "status" | "reason">): Refusal {
  const words = (reason ?? "").toLowerCase();
  const named = (["occupied", "faulted", "unavailable"] as const).find((each) => words.includes(each));
  if (status === "rejected") return named ?? "rejected";
  if (status === "not_supported" || status === "timed_out" || status === "unreachable") return status;
  return "other";
}
