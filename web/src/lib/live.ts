// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/**
 * Live events: one stream for all tabs of this browser. The tab that holds the lock reads it (server-sent events, HTML
 * Standard §9.2) and passes on what it hears; where locks are missing (plain HTTP on another machine) each tab has its own.
 */
import { createParser } from "eventsource-parser";
import { create } from "zustand";

import type { LiveEvent, LiveEventType } from "@/lib/events";
import { previewed, type PreviewedRole } from "@/lib/preview";
import { useSession } from "@/lib/session";

type Hear = (event: LiveEvent) => void;
/** `resync`: something was missed, read anew what is shown. */
type Message =
  | { kind: "event"; event: LiveEvent }
  | { kind: "resync" }
  | { kind: "alive"; at: number }
  | { kind: "lost"; at: number };

type Condition = "connecting" | "live" | "lost";

interface Live {
  condition: Condition;
  /** When anything was heard last; the server says at least every 15 seconds that it is there. */
  heardAt: number | null;
  paused: boolean;
  setPaused: (paused: boolean) => void;
}

export const useLive = create<Live>()((set) => ({
  condition: "connecting",
  heardAt: null,
  paused: false,
  setPaused: (paused) => set({ paused }),
}));

const STALE_MS = 30_000;
const HIDDEN_MS = 60_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const PATH = "/api/v1/events";

const listeners = new Map<LiveEventType, Set<Hear>>();
const resyncs = new Set<() => void>();

/** Hear of some kinds of events. */
export function hear(types: LiveEventType[], listener: Hear): () => void {
  for (const type of types) {
    const found = listeners.get(type) ?? new Set();
    listeners.set(type, found.add(listener));
  }
  return () => {
    for (const type of types) listeners.get(type)?.delete(listener);
  };
}

/** Be told when events were missed. */
export function onResync(listener: () => void): () => void {
  resyncs.add(listener);
  return () => void resyncs.delete(listener);
}

/** A listener that fails is an error of ours: it is reported, and neither the others nor the stream suffer. */
function tell(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    reportError(error);
  }
}

function take(message: Message): void {
  switch (message.kind) {
    case "event":
      for (const listener of listeners.get(message.event.type) ?? []) tell(() => listener(message.event));
      break;
    case "resync":
      resyncs.forEach(tell);
      break;
    case "alive":
      if (useLive.getState().condition === "lost") resyncs.forEach(tell);
      useLive.setState({ condition: "live", heardAt: message.at });
      break;
    case "lost":
      useLive.setState({ condition: "lost" });
      break;
  }
}

/** Reads the stream until it is told to stop. */
class Reader {
  readonly #pass: (message: Message) => void;
  readonly #role: PreviewedRole | null;
  readonly #stop = new AbortController();
  #lastId: string | null = null;
  #wait = FIRST_WAIT_MS;

  constructor(role: PreviewedRole | null, pass: (message: Message) => void) {
    this.#role = role;
    this.#pass = pass;
  }

  stop(): void {
    this.#stop.abort();
  }

  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const refused = await this.#once();
      if (this.#stop.signal.aborted) return;
      if (refused === 401) useSession.getState().lose();
      if (refused === 401 || refused === 403) return this.#pass({ kind: "lost", at: Date.now() });
      this.#pass({ kind: "lost", at: Date.now() });
      await new Promise((done) => setTimeout(done, this.#wait * (0.5 + Math.random() / 2)));
      this.#wait = Math.min(LONGEST_WAIT_MS, this.#wait * 2);
    }
  }

  /** One connection, until it ends; the status of an answer that was no stream. */
  async #once(): Promise<number | null> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), STALE_MS);
    const signal = AbortSignal.any([this.#stop.signal, silence.signal]);
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (this.#lastId !== null) headers["Last-Event-ID"] = this.#lastId;
      const request = new Request(new URL(PATH, location.href), { headers, signal, cache: "no-store" });
      const answer = await fetch(previewed(request, { role: this.#role }));
      if (!answer.ok || !answer.body) return answer.status;
      this.#wait = FIRST_WAIT_MS;
      const parser = createParser({ onEvent: (event) => tell(() => this.#hear(event)) });
      const chunks = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await chunks.read();
        if (done) return null;
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), STALE_MS);
        this.#pass({ kind: "alive", at: Date.now() });
        parser.feed(value);
      }
    } catch {
      return null; // the network went away, or the server was silent for too long: it is tried again
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  }

  #hear(event: { id?: string | undefined; event?: string | undefined; data: string }): void {
    if (event.id !== undefined) this.#lastId = event.id;
    if (event.event === "resync") this.#pass({ kind: "resync" });
    else this.#pass({ kind: "event", event: JSON.parse(event.data) as LiveEvent });
  }
}

/**
 * Follow the stream until the answer is called. Where a role is previewed the tab hears what that role hears: it takes
 * nothing from the others, which see more, and passes nothing on.
 */
export function follow(role: PreviewedRole | null): () => void {
  const ended = new AbortController();
  const channel = !role && "BroadcastChannel" in globalThis ? new BroadcastChannel("csms.live") : null;
  channel?.addEventListener("message", ({ data }: MessageEvent<Message>) => take(data));
  let reader: Reader | null = null;
  let hidden: ReturnType<typeof setTimeout> | null = null;

  const lead = async (): Promise<void> => {
    reader = new Reader(role, (message) => {
      take(message);
      channel?.postMessage(message);
    });
    await reader.run();
    reader = null;
  };
  const begin = (): void => {
    const locks = (navigator as Partial<Navigator>).locks;
    if (locks && channel) {
      const stood = new AbortController();
      signals.add(stood);
      locks
        .request("csms.live", { signal: AbortSignal.any([stood.signal, ended.signal]) }, lead)
        .catch((error: unknown) => {
          // stopped while another tab leads
          if (!stood.signal.aborted && !ended.signal.aborted) reportError(error);
        });
    } else void lead();
  };
  const signals = new Set<AbortController>();
  const rest = (): void => {
    for (const each of signals) each.abort();
    signals.clear();
    reader?.stop();
  };
  const watch = (): void => {
    if (document.visibilityState === "hidden") {
      hidden ??= setTimeout(() => {
        hidden = null;
        rest();
      }, HIDDEN_MS);
      return;
    }
    if (hidden) clearTimeout(hidden);
    else if (!reader && !signals.size) begin();
    hidden = null;
  };
  begin();
  document.addEventListener("visibilitychange", watch, { signal: ended.signal });
  return () => {
    rest();
    ended.abort();
    if (hidden) clearTimeout(hidden);
    channel?.close();
  };
}
