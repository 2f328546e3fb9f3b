// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The steps of blocking a tag: the tag itself, the sessions that go on with it, the lists that chargers keep. */
import { createBulkCommand, getBulkCommand, getCommand, sendCommand } from "@/api/sdk.gen";
import type { BulkCommand, CommandItem, Token, Transaction } from "@/api/types.gen";
import { changeTag } from "@/features/tags/api";
import { problemOf, type Problem } from "@/lib/problems";

type StepState = "waiting" | "running" | "done" | "failed";

export interface Step {
  id: string;
  kind: "tag" | "session" | "lists";
  /** A charger; how many chargers. */
  subject: string;
  state: StepState;
  /** Of a command. */
  status?: string;
  reason?: string | null;
  counts?: Readonly<Record<string, number>>;
  problem?: Problem;
  at?: number;
}

export interface Plan {
  tag: Token;
  etag: string | null;
  sessions: readonly Transaction[];
  chargers: readonly string[];
}

export function stepsOf({ tag, sessions, chargers }: Plan): Step[] {
  const found: Step[] = [{ id: "tag", kind: "tag", subject: tag.value, state: "waiting" }];
  for (const { id, charger_id: subject } of sessions) found.push({ id, kind: "session", subject, state: "waiting" });
  if (chargers.length) found.push({ id: "lists", kind: "lists", subject: String(chargers.length), state: "waiting" });
  return found;
}

type Tell = (id: string, change: Partial<Step>) => void;

const WAIT_S = 20;
const POLL_MS = 1_500;
const WEEK_S = 604_800;

/** Whether the tag was blocked; what was to follow is only tried then. */
export async function block(plan: Plan, tell: Tell, gone: AbortSignal): Promise<boolean> {
  const isBlocked = await attempt("tag", tell, async () => {
    await changeTag(plan.tag.id, { status: "blocked" }, plan.etag);
    return { state: "done" };
  });
  if (!isBlocked) return false;
  await Promise.all([
    ...plan.sessions.map((session) => attempt(session.id, tell, () => stop(session, gone))),
    plan.chargers.length ? attempt("lists", tell, () => takeOff(plan, tell, gone)) : true,
  ]);
  return true;
}

async function attempt(id: string, tell: Tell, work: () => Promise<Partial<Step>>): Promise<boolean> {
  tell(id, { state: "running" });
  try {
    tell(id, { ...(await work()), at: Date.now() });
    return true;
  } catch (error) {
    tell(id, { state: "failed", problem: problemOf(error), at: Date.now() });
    return false;
  }
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, POLL_MS));
}

async function stop({ id, charger_id: charger }: Transaction, gone: AbortSignal): Promise<Partial<Step>> {
  let command: CommandItem = (
    await sendCommand({
      path: { charger_id: charger },
      query: { wait: WAIT_S },
      body: { type: "stop_transaction", transaction_id: id },
      throwOnError: true,
    })
  ).data;
  while (command.status === "pending" && !gone.aborted) {
    await pause();
    const path = { charger_id: charger, command_id: command.id };
    command = (await getCommand({ path, throwOnError: true })).data;
  }
  const { status, reason } = command;
  return { state: status === "accepted" ? "done" : "failed", status, reason: reason ?? null };
}

/** Chargers that are offline get it when they come back, within a week. */
async function takeOff({ tag, chargers }: Plan, tell: Tell, gone: AbortSignal): Promise<Partial<Step>> {
  let bulk: BulkCommand = (
    await createBulkCommand({
      body: {
        filter: { id: [...chargers] },
        command: { type: "send_local_list", update: "differential", entries: [{ token: tag.value }] },
        queue_s: WEEK_S,
      },
      throwOnError: true,
    })
  ).data as BulkCommand;
  while (bulk.status === "running" && !gone.aborted) {
    tell("lists", { counts: bulk.counts });
    await pause();
    bulk = (await getBulkCommand({ path: { bulk_id: bulk.id }, throwOnError: true })).data;
  }
  const accepted = bulk.counts.accepted ?? 0;
  return { state: accepted === bulk.total ? "done" : "failed", counts: bulk.counts };
}
