// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from "vitest";

import type { LiveEvent } from "@/lib/events";
import { follow, hear } from "@/lib/live";

function streamOf(lines: string): Response {
  return new Response(lines, { headers: { "content-type": "text/event-stream" } });
}

afterEach(() => vi.unstubAllGlobals());

describe("the live stream", () => {
  it("goes on where a listener fails, which is reported", async () => {
    const reported: unknown[] = [];
    vi.stubGlobal("document", new EventTarget());
    vi.stubGlobal("location", new URL("http://csms.test/map"));
    vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
    const ids = ["one", "two"];
    const lines = ids.map((id) => `data: ${JSON.stringify({ type: "job_progressed", id })}\n\n`).join("");
    const ask = vi.fn(async () => streamOf(`${lines}data: no JSON\n\n`));
    vi.stubGlobal("fetch", ask);
    const heard: string[] = [];
    const fault = new Error("a fault of ours");
    const stops = [
      hear(["job_progressed"], () => {
        throw fault;
      }),
      hear(["job_progressed"], (event: LiveEvent) => heard.push(event.type === "job_progressed" ? event.id : "")),
      follow(null),
    ];
    await vi.waitFor(() => expect(reported).toHaveLength(3));
    for (const stop of stops) stop();
    expect(heard).toEqual(ids);
    expect(reported.slice(0, 2)).toEqual([fault, fault]);
    expect(reported[2]).toBeInstanceOf(SyntaxError);
    expect(ask).toHaveBeenCalledOnce();
  });
});
