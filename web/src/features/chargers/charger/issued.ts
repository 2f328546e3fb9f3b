// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Commands that were sent from here, and what becomes of them: nothing is taken for done before the charger says so. */
import { create } from "zustand";

import { getCommand, sendCommand } from "@/api/sdk.gen";
import type { CommandItem, SendCommandData } from "@/api/types.gen";
import { newKey } from "@/lib/keys";
import { hear } from "@/lib/live";

export type CommandBody = SendCommandData["body"];

interface Issued {
  /** The newest first. */
  items: readonly CommandItem[];
  /** When a charger came back after it was told to restart. */
  boots: Readonly<Record<string, string>>;
  put: (item: CommandItem) => void;
  forget: (id: string) => void;
}

const MOST = 20;

export const useIssued = create<Issued>()((set) => ({
  items: [],
  boots: {},
  put: (item) =>
    set(({ items }) => ({
      items: items.some(({ id }) => id === item.id)
        ? items.map((each) => (each.id === item.id ? item : each))
        : [item, ...items].slice(0, MOST),
    })),
  forget: (id) => set(({ items }) => ({ items: items.filter((each) => each.id !== id) })),
}));

async function readAgain({ id, charger_id }: Pick<CommandItem, "id" | "charger_id">): Promise<void> {
  const { data } = await getCommand({ path: { charger_id, command_id: id }, throwOnError: true });
  useIssued.getState().put(data);
}

const POLL_MS = 5_000;

/** Where the live stream is cut, asking tells how it ended. */
function watch(item: CommandItem): void {
  const timer = setInterval(() => {
    const now = useIssued.getState().items.find(({ id }) => id === item.id);
    if (now?.status !== "pending") return clearInterval(timer);
    readAgain(item).catch(() => undefined); // it is asked again at the next turn
  }, POLL_MS);
}

export interface SendOptions {
  /** Seconds that it may wait for a charger which is not connected. */
  queue?: number;
}

export async function send(charger: string, body: CommandBody, { queue = 0 }: SendOptions = {}): Promise<CommandItem> {
  const { data } = await sendCommand({
    path: { charger_id: charger },
    body,
    query: { wait: 0, queue },
    headers: { "idempotency-key": newKey() },
    throwOnError: true,
  });
  useIssued.getState().put(data);
  if (data.status === "pending") watch(data);
  return data;
}

/** Until the answer is called. */
export function followIssued(): () => void {
  const stops = [
    hear(["command_closed"], (event) => {
      if (event.type !== "command_closed") return;
      const item = useIssued.getState().items.find(({ id }) => id === event.id);
      if (item) readAgain(item).catch(() => undefined); // the clock asks again
    }),
    hear(["charger_booted"], (event) => {
      const at = new Date().toISOString();
      const { items, boots } = useIssued.getState();
      const reset = items.find(
        ({ charger_id, type, status }) => charger_id === event.charger_id && type === "reset" && status === "accepted",
      );
      if (reset && !boots[reset.id]) useIssued.setState({ boots: { ...boots, [reset.id]: at } });
    }),
  ];
  return () => stops.forEach((stop) => stop());
}
