// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Alerts of a test's own. */
import { randomBytes } from "node:crypto";

import { expect, type APIRequestContext } from "@playwright/test";

const RAISED = { timeout: 90_000 }; // the worker looks every ten seconds, and slow machines take their time

interface Group {
  id: string;
  outage: string | null;
  alerts: number;
}

/** Chargers that never came, and a rule that finds exactly those. */
export async function raise(
  api: APIRequestContext,
  count: number,
  options: object,
): Promise<{ name: string; group: Group }> {
  const mark = randomBytes(3).toString("hex").toUpperCase();
  const ids = Array.from({ length: count }, (_, number) => `OUT-${mark}-${String(number + 1).padStart(2, "0")}`);
  for (const id of ids) {
    const made = await api.post("/api/v1/chargers", { data: { id, security_profile: 0 } });
    expect(made.status(), await made.text()).toBe(201);
  }
  const name = `Rule ${mark}`;
  const made = await api.post("/api/v1/alert-rules", {
    data: {
      name,
      severity: "critical",
      condition: { kind: "offline", after_s: 10, never_connected: true },
      scope: { chargers: ids },
      ...options,
    },
  });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = (await made.json()) as { id: string };
  const find = async () => {
    const answer = await api.get("/api/v1/alert-groups", { params: { rule: id } });
    return ((await answer.json()) as { items: Group[] }).items[0];
  };
  await expect.poll(async () => (await find())?.alerts ?? 0, RAISED).toBe(count);
  const group = await find();
  if (!group) throw new Error("it was there a moment ago");
  return { name, group };
}
