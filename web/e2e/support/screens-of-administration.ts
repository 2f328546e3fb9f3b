// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Screens of administration: people, roles, keys, webhooks, single sign-on, the organization, the audit log, the system. */
import type { APIRequestContext } from "@playwright/test";

import { newPerson } from "./people.ts";
import { cells, fresh, heading, made, rows, tabPanel, type Screen } from "./screens.ts";

async function newKey(api: APIRequestContext): Promise<string> {
  return made(api, "api-keys", { name: fresh("Key"), permissions: ["charger:charger:read"] });
}

async function newWebhook(api: APIRequestContext): Promise<string> {
  return made(api, "webhooks", {
    url: "http://127.0.0.1:9/state",
    description: fresh("Hook"),
    event_types: ["report.completed"],
  });
}

async function newProvider(api: APIRequestContext): Promise<string> {
  const issuer = `https://${fresh("idp").replace(" ", "-")}.example`;
  return made(api, "identity-providers", { label: fresh("Provider"), issuer, client_id: "csms", enabled: false });
}

const SYSTEM: readonly Omit<Screen, "name">[] = [
  { path: "health", ready: (page) => page.getByText("It can do its work") },
  {
    path: "load",
    spared: [/^\/api\/v1\/settings$/],
    ready: (page) => page.getByRole("table", { name: "Processes" }).or(page.getByRole("list", { name: "Processes" })),
    empty: "No process has told its figures yet",
  },
  { path: "settings", ready: (page) => page.getByRole("region", { name: "Chargers", exact: true }) },
  { path: "retention", ready: (page) => page.getByRole("table", { name: "Storage" }) },
  {
    path: "flags",
    spared: [/^\/api\/v1\/settings$/], // they say whether flags are this organization's business
    ready: (page) => page.getByRole("button", { name: "Add flag" }),
    empty: "No feature flags yet",
  },
  { path: "branding", ready: (page) => page.getByRole("region", { name: "How the app looks" }) },
  { path: "mail", ready: (page) => page.getByText("Mails are sent"), empty: "No channels yet" },
  { path: "privacy", ready: tabPanel, empty: "Nobody asked for their data yet" },
  { path: "requests", ready: (page) => page.getByRole("searchbox"), empty: "No requests are kept yet" },
];

export const ADMINISTRATION_SCREENS: readonly Screen[] = [
  {
    name: "users",
    path: "/users",
    ready: (page) => cells(page).first(),
    empty: "No users yet",
    filtered: ["?q=nothing-is-called-this", "No user matches"],
  },
  {
    name: "user",
    path: async (api) => `/users/${(await newPerson(api)).id}`,
    ready: (page) => page.getByText("Signed in nowhere"),
    empty: "Signed in nowhere",
  },
  {
    name: "user, activity",
    path: async (api) => `/users/${(await newPerson(api)).id}?tab=activity`,
    ready: (page) => page.getByText("Nothing yet"),
    empty: "Nothing yet",
  },
  {
    name: "import users",
    path: "/users/import",
    ready: (page) => page.getByRole("button", { name: "Check the file" }),
  },
  { name: "roles", path: "/roles", ready: (page) => page.getByRole("link", { name: "Technician" }) },
  { name: "role", path: "/roles/technician", ready: (page) => page.getByRole("region", { name: "Permissions" }) },
  {
    name: "API keys",
    path: async (api) => {
      await newKey(api);
      return "/api-keys";
    },
    ready: (page) => cells(page).first(),
    empty: "No keys yet",
    filtered: ["?q=nothing-is-called-this", "No key matches"],
  },
  { name: "API key", path: async (api) => `/api-keys/${await newKey(api)}`, ready: heading },
  {
    name: "webhooks",
    path: async (api) => {
      await newWebhook(api);
      return "/webhooks";
    },
    ready: (page) => cells(page).first(),
    empty: "No webhooks yet",
  },
  {
    name: "webhook",
    path: async (api) => `/webhooks/${await newWebhook(api)}`,
    ready: (page) => page.getByRole("button", { name: "Send a test" }),
    empty: "Nothing was sent yet",
  },
  {
    name: "identity providers",
    path: async (api) => {
      await newProvider(api);
      return "/identity-providers";
    },
    ready: (page) => page.getByRole("table", { name: "Single sign-on" }),
    empty: "No identity provider yet",
  },
  {
    name: "organization",
    path: "/organization",
    ready: (page) => page.getByRole("table", { name: "All of this installation" }),
    isForAll: true,
  },
  {
    name: "audit log",
    path: "/audit",
    ready: (page) => rows(page).first(),
    empty: "Nothing has been changed yet",
    filtered: ["?q=nothing-is-called-this", "No entry matches"],
  },
  ...SYSTEM.map((screen): Screen => {
    const tab = String(screen.path);
    return { ...screen, name: `system, ${tab}`, path: `/system?tab=${tab}` };
  }),
];
