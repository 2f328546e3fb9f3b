// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A demo in which somebody has been at work: sites, drivers, templates, firmware, and what else screens show. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import { expect, type APIRequestContext } from "@playwright/test";

import type { Server } from "../support/server.ts";

const run = promisify(execFile);
const ROOT = new URL("../../..", import.meta.url).pathname;
const DAY_MS = 86_400_000;
const ROLLED_UP_MS = 900_000; // the worker looks every five minutes

export interface World {
  charger: string;
  session: string;
  site: string;
  driver: string;
  tag: string;
}

interface Thing {
  id: string;
}

const SITES = [
  { name: "Harbour car park", street: "Am Sandtorkai 40", postal_code: "20457", city: "Hamburg", country: "DE",
    latitude: 53.5436, longitude: 9.9886, time_zone: "Europe/Berlin" },
  { name: "Market hall", street: "Marheinekeplatz 15", postal_code: "10961", city: "Berlin", country: "DE",
    latitude: 52.4895, longitude: 13.3947, time_zone: "Europe/Berlin" },
  { name: "Hotel on the canal", street: "Keizersgracht 148", postal_code: "1015 CX", city: "Amsterdam", country: "NL",
    latitude: 52.3756, longitude: 4.8874, time_zone: "Europe/Amsterdam" },
  { name: "Depot Lyon", street: "Rue de Gerland 120", postal_code: "69007", city: "Lyon", country: "FR",
    latitude: 45.7314, longitude: 4.8336, time_zone: "Europe/Paris" },
]; // prettier-ignore

const DRIVERS = [
  { name: "Mara Lindqvist", email: "mara.lindqvist@example.com", language: "en" },
  { name: "Jonas Weber", email: "jonas.weber@example.com", language: "de" },
  { name: "Amina Haddad", email: "amina.haddad@example.com", language: "fr" },
  { name: "Pieter de Vries", email: "pieter.devries@example.com", language: "nl" },
];

async function made(api: APIRequestContext, path: string, data: object): Promise<Thing> {
  const answer = await api.post(`/api/v1/${path}`, { data });
  expect([200, 201, 202], `${path}: ${await answer.text()}`).toContain(answer.status());
  return (await answer.json()) as Thing;
}

async function listed<Item extends Thing>(api: APIRequestContext, path: string): Promise<Item[]> {
  const answer = await api.get(`/api/v1/${path}`);
  expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200);
  return ((await answer.json()) as { items: Item[] }).items;
}

async function changed(api: APIRequestContext, path: string, data: object): Promise<void> {
  const answer = await api.patch(`/api/v1/${path}`, { data });
  expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200);
}

async function peopleAndTags(api: APIRequestContext): Promise<Pick<World, "driver" | "tag">> {
  const tags = await listed(api, "tokens?limit=8&sort=value");
  const drivers = await Promise.all(DRIVERS.map(async (each) => made(api, "drivers", each)));
  for (const [index, tag] of tags.entries()) {
    const driver = drivers[index % drivers.length];
    if (driver) await made(api, `drivers/${driver.id}/tokens`, { token_id: tag.id });
  }
  return { driver: drivers[0]?.id ?? "", tag: tags[0]?.id ?? "" };
}

async function fleetCare(api: APIRequestContext): Promise<void> {
  await made(api, "configuration-templates", {
    name: "Depots",
    description: "What every charger of a depot has.",
    values: { HeartbeatInterval: "300", MeterValueSampleInterval: "60", ConnectionTimeOut: "120" },
  });
  const image = await api.post("/api/v1/firmware?name=demo-2.4.1.bin&version=2.4.1&vendor=Demo", {
    headers: { "Content-Type": "application/octet-stream" },
    data: Buffer.from("firmware of a charger that is played"),
  });
  expect(image.status(), await image.text()).toBe(201);
  await made(api, "charging-profiles", {
    name: "Quiet by day",
    description: "Less while the building needs its power.",
    profile: {
      stack_level: 1,
      purpose: "tx_default_profile",
      kind: "recurring",
      recurrency: "daily",
      schedules: [
        {
          unit: "W",
          start_at: "2026-01-01T00:00:00Z",
          periods: [
            { start_s: 0, limit: 11_000 },
            { start_s: 21_600, limit: 4_000 },
            { start_s: 64_800, limit: 22_000 },
          ],
        },
      ],
    },
  });
}

async function administration(api: APIRequestContext): Promise<void> {
  for (const [username, role] of [
    ["lena.brandt", "technician"],
    ["tom.okafor", "operator"],
    ["ines.costa", "finance"],
  ])
    await made(api, "users", { username, email: `${username}@example.com`, role, show_link: true });
  await made(api, "api-keys", { name: "Building management", permissions: ["charger:charger:read"] });
}

/** Weeks of sessions and connections, as if it had run for so long; the worker rolls them up. */
async function past(api: APIRequestContext, { mails }: Server): Promise<void> {
  const words = ["-m", "bench.demo_history", join(dirname(mails), "data")];
  await run(join(ROOT, ".venv/bin/python"), words, { cwd: ROOT });
  const from = new Date(Date.now() - 60 * DAY_MS).toISOString().slice(0, 10);
  const isRolledUp = async () => {
    const answer = await api.get("/api/v1/reports/energy", { params: { from, interval: "none" } });
    expect(answer.status(), await answer.text()).toBe(200);
    const report = (await answer.json()) as { history_complete: boolean; total: { figures: { started: number } } };
    return report.history_complete && report.total.figures.started > 500;
  };
  await expect.poll(isRolledUp, { timeout: ROLLED_UP_MS, intervals: [5_000] }).toBe(true);
}

/** Everything that the pictures show, and where it is. */
export async function makeWorld(api: APIRequestContext, server: Server): Promise<World> {
  const sites = await Promise.all(SITES.map(async (each) => made(api, "sites", each)));
  const chargers = await listed(api, "chargers?limit=50&sort=id");
  for (const [index, { id }] of chargers.entries())
    await changed(api, `chargers/${id}`, { site_id: sites[index % sites.length]?.id });
  const people = await peopleAndTags(api);
  await fleetCare(api);
  await administration(api);
  await expect
    .poll(async () => (await listed(api, "transactions?status=active&limit=1")).length, { timeout: 120_000 })
    .toBe(1);
  await past(api, server);
  const [session] = await listed<Thing & { charger_id: string }>(api, "transactions?status=active&limit=1");
  if (!session) throw new Error("nothing is being charged");
  return { charger: session.charger_id, session: session.id, site: sites[0]?.id ?? "", ...people };
}
