// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Screens of the care for a fleet: firmware, configuration, certificates, charging profiles, jobs. */
import { randomBytes } from "node:crypto";

import { expect, type APIRequestContext } from "@playwright/test";

import { cells, fresh, heading, made, tabPanel, type Screen } from "./screens.ts";

const PROFILE = {
  stack_level: 1,
  purpose: "tx_default_profile",
  kind: "recurring",
  recurrency: "daily",
  schedules: [{ unit: "W", start_at: "2026-01-01T00:00:00Z", periods: [{ start_s: 0, limit: 11_000 }] }],
};

async function newImage(api: APIRequestContext): Promise<string> {
  const answer = await api.post("/api/v1/firmware", {
    params: { name: `state-${randomBytes(3).toString("hex")}.bin`, version: "9.9" },
    headers: { "Content-Type": "application/octet-stream" },
    data: Buffer.from("an image"),
  });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

async function newCampaign(api: APIRequestContext): Promise<string> {
  const firmware = await newImage(api);
  return made(api, "firmware-campaigns", { name: fresh("Campaign"), firmware, filter: { id: ["DEMO-001"] } });
}

async function newTemplate(api: APIRequestContext): Promise<string> {
  return made(api, "configuration-templates", { name: fresh("Template"), values: { HeartbeatInterval: "300" } });
}

async function newProfile(api: APIRequestContext): Promise<string> {
  return made(api, "charging-profiles", { name: fresh("Profile"), profile: PROFILE });
}

async function newJob(api: APIRequestContext): Promise<string> {
  const data = { filter: { id: ["DEMO-001"] }, command: { type: "clear_cache" } };
  const answer = await api.post("/api/v1/bulk-commands", { data });
  expect(answer.ok(), await answer.text()).toBe(true);
  return ((await answer.json()) as { id: string }).id;
}

export const CARE_SCREENS: readonly Screen[] = [
  {
    name: "firmware campaigns",
    path: async (api) => {
      await newCampaign(api);
      return "/firmware";
    },
    ready: (page) => cells(page).first(),
    empty: "No campaigns yet",
    filtered: ["?q=nothing-is-called-this", "No campaign matches"],
  },
  {
    name: "firmware images",
    path: async (api) => {
      await newImage(api);
      return "/firmware?tab=images";
    },
    ready: (page) => page.getByText(/^state-/).first(),
    empty: "No images yet",
    filtered: ["&q=nothing-is-called-this", "No image matches"],
  },
  {
    name: "new campaign, for whom",
    path: "/firmware/new",
    ready: (page) => page.getByRole("button", { name: "Next" }),
  },
  {
    name: "new campaign, how",
    path: `/firmware/new?ids=${encodeURIComponent(JSON.stringify(["DEMO-001"]))}`,
    ready: (page) => page.getByRole("button", { name: "Review" }),
  },
  {
    name: "campaign",
    path: async (api) => `/firmware/campaigns/${await newCampaign(api)}`,
    ready: (page) => page.getByRole("region", { name: "The plan" }),
  },
  {
    name: "configuration templates",
    path: async (api) => {
      await newTemplate(api);
      return "/templates";
    },
    ready: (page) => cells(page).first(),
    empty: "No templates yet",
    filtered: ["?q=nothing-is-called-this", "No template fits"],
  },
  {
    name: "configuration template",
    path: async (api) => `/templates/${await newTemplate(api)}`,
    ready: (page) => page.getByRole("table", { name: "Keys and values" }),
    empty: "No charger has it",
  },
  {
    name: "apply a template",
    path: async (api) => `/templates/apply?template=${await newTemplate(api)}`,
    ready: heading,
  },
  {
    name: "certificates",
    path: "/certificates",
    ready: (page) => page.getByRole("region", { name: "When certificates end" }),
    empty: "No charger has asked for a certificate yet",
    filtered: ["?q=nothing-is-called-this", "No certificate fits"],
  },
  {
    name: "charging profiles",
    path: async (api) => {
      await newProfile(api);
      return "/charging-profiles";
    },
    ready: (page) => cells(page).first(),
    empty: "No charging profiles yet",
    filtered: ["?q=nothing-is-called-this", "No profile fits"],
  },
  {
    name: "charging profile",
    path: async (api) => `/charging-profiles/${await newProfile(api)}`,
    ready: (page) => page.getByRole("region", { name: "Schedule" }),
    empty: "No charger has it",
  },
  {
    name: "commands to many",
    path: async (api) => {
      await newJob(api);
      return "/jobs";
    },
    ready: (page) => cells(page).first(),
    empty: "No commands to many yet",
    filtered: ["?actor=nobody-is-called-this", "No job matches"],
  },
  ...(
    [
      ["chargers", "No changes to many chargers yet"],
      ["tags", "No changes to many tags yet"],
      ["imports", "No imports yet"],
      ["background", "Nothing in the background yet"],
    ] as const
  ).map(([of, empty]): Screen => ({ name: `jobs, ${of}`, path: `/jobs?of=${of}`, ready: tabPanel, empty })),
  {
    name: "job",
    path: async (api) => `/jobs/${await newJob(api)}`,
    ready: (page) => page.getByRole("region", { name: "Summary" }),
    empty: "No results yet",
  },
];
