// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Screens of what goes on: chargers, sessions, alerts, sites, reports, people who charge; and one's own account. */
import { raise } from "./alerts.ts";
import { newIdentity } from "./charger.ts";
import { cells, fresh, heading, idOf, made, rows, tabPanel, type Screen } from "./screens.ts";

const CHARGER = [/^\/api\/v1\/chargers\/DEMO-001$/];

export const OPERATING_SCREENS: readonly Screen[] = [
  {
    name: "account, profile",
    path: "/account",
    ready: (page) => page.getByRole("textbox", { name: "Name", exact: true }),
    isForAll: true,
  },
  { name: "account, security", path: "/account?tab=security", ready: tabPanel, isForAll: true },
  {
    name: "account, sessions",
    path: "/account?tab=sessions",
    ready: (page) => page.getByText("This one"),
    isForAll: true,
  },
  {
    name: "overview",
    path: "/",
    ready: (page) => page.getByRole("region", { name: "Connectors by status" }),
    empty: "No sessions yet",
  },
  {
    name: "map",
    path: async (api) => {
      const site = await made(api, "sites", { name: fresh("Quay"), latitude: 53.5436, longitude: 9.9886 });
      await made(api, "chargers", { id: newIdentity(), site_id: site });
      return "/map";
    },
    ready: (page) => page.getByRole("region", { name: "What the map shows" }).getByText(/^Quay/).first(),
    empty: "No site has coordinates yet",
  },
  {
    name: "chargers",
    path: "/chargers",
    ready: (page) => page.getByText("DEMO-001").first(),
    empty: "No chargers yet",
    filtered: ["?q=nothing-is-called-this", "No charger matches"],
  },
  {
    name: "chargers that wait",
    path: "/chargers?view=pending",
    ready: (page) => rows(page).or(page.getByText("No charger waits")).first(),
    empty: "No charger waits",
    filtered: ["&q=nothing-is-called-this", "No charger matches"],
  },
  {
    name: "charger",
    path: "/chargers/DEMO-001",
    ready: (page) => page.getByRole("region", { name: "How this charger is" }),
  },
  {
    name: "charger, status",
    path: "/chargers/DEMO-001",
    spared: CHARGER,
    ready: (page) => page.getByRole("region", { name: "How this charger is" }),
    empty: "Nothing has happened yet",
  },
  {
    name: "charger, sessions",
    path: "/chargers/DEMO-001/sessions",
    spared: CHARGER,
    ready: tabPanel,
    empty: "Nobody has charged here yet",
  },
  {
    name: "charger, configuration",
    path: "/chargers/DEMO-001/configuration",
    spared: CHARGER,
    ready: tabPanel,
    empty: "Nothing has been read yet",
  },
  {
    name: "charger, messages",
    path: "/chargers/DEMO-001/messages",
    spared: CHARGER,
    ready: (page) => page.getByText("From charger").first(),
    empty: "No messages are kept",
  },
  {
    name: "charger, security",
    path: "/chargers/DEMO-001/security",
    spared: CHARGER,
    ready: (page) => page.getByText("/ocpp/DEMO-001").first(),
  },
  { name: "charger, about", path: "/chargers/DEMO-001/about", spared: CHARGER, ready: tabPanel },
  {
    name: "add a charger",
    path: "/chargers/add",
    ready: (page) => page.getByRole("textbox", { name: "Identity" }),
  },
  { name: "import chargers", path: "/chargers/import", ready: (page) => page.getByText("CSV or Excel file").first() },
  {
    name: "sessions",
    path: "/sessions?tab=active",
    ready: (page) => cells(page).first(),
    empty: "Nobody is charging",
    filtered: ["&q=NO-SUCH-CHARGER", "No session matches"],
  },
  {
    name: "session",
    path: async (api) => `/sessions/${await idOf(api, "transactions?limit=1&sort=-created_at")}`,
    ready: heading,
  },
  {
    name: "reservations",
    path: "/reservations",
    ready: (page) => page.getByRole("button", { name: "Reserve", exact: true }).first(),
    empty: "No reservations yet",
    filtered: ["?token=NOBODY", "No reservation matches"],
  },
  {
    name: "reservations, week",
    path: "/reservations?view=week",
    ready: (page) => page.getByRole("button", { name: "Reserve", exact: true }).first(),
  },
  {
    name: "alerts by their causes",
    path: "/alerts",
    ready: (page) => rows(page).or(page.getByText("No open alert")).first(),
    empty: "No open alert",
    filtered: ["?q=nothing-is-called-this", "No alert matches"],
  },
  {
    name: "alerts one by one",
    path: "/alerts?view=list",
    ready: (page) => rows(page).or(page.getByText("No open alert")).first(),
    empty: "No open alert",
    filtered: ["&q=nothing-is-called-this", "No alert matches"],
  },
  {
    name: "group of alerts",
    path: async (api) => `/alerts/groups/${(await raise(api, 2, {})).group.id}`,
    ready: (page) => page.getByText("2 alerts").first(),
  },
  {
    name: "alert",
    path: async (api) => {
      const { group } = await raise(api, 1, {});
      return `/alerts/${await idOf(api, `alerts?group=${encodeURIComponent(group.id)}`)}`;
    },
    ready: (page) => page.getByRole("list", { name: "History" }),
  },
  {
    name: "alert rules",
    path: "/alerts/rules",
    ready: (page) => page.getByText("Charger offline").first(),
    empty: "No rules",
    filtered: ["?q=nothing-is-called-this", "No rule matches"],
  },
  {
    name: "notification channels",
    path: "/alerts/rules?tab=channels",
    ready: (page) => page.getByRole("button", { name: "Add channel" }).first(),
    empty: "No channels yet",
    filtered: ["&q=nothing-is-called-this", "No channel matches"],
  },
  {
    name: "texts of messages",
    path: "/alerts/rules?tab=texts",
    ready: (page) => page.getByRole("table", { name: "Texts of messages" }),
    empty: "No messages are sent",
  },
  {
    name: "text of a message",
    path: "/alerts/texts/alert_raised?language=en",
    ready: (page) => page.getByRole("region", { name: "Preview" }).getByText("CP-0815"),
    empty: "Never sent",
  },
  {
    name: "messages that were sent",
    path: "/alerts/rules?tab=messages",
    ready: tabPanel,
    empty: "Nothing was sent yet",
    filtered: ["&q=nothing-is-called-this", "No message matches"],
  },
  {
    name: "tags",
    path: "/tags",
    ready: (page) => cells(page).first(),
    empty: "No tags yet",
    filtered: ["?q=nothing-is-called-this", "No tag matches"],
  },
  {
    name: "tag",
    path: async (api) => `/tags/${await idOf(api, "tokens?limit=1")}`,
    ready: heading,
  },
  { name: "groups of tags", path: "/tags?tab=groups", ready: tabPanel, empty: "No groups yet" },
  { name: "import tags", path: "/tags/import", ready: (page) => page.getByRole("button", { name: "Check the file" }) },
  {
    name: "drivers",
    path: "/drivers",
    ready: (page) => page.getByRole("button", { name: "Add driver" }).first(),
    empty: "No drivers yet",
    filtered: ["?q=nothing-is-called-this", "No driver matches"],
  },
  {
    name: "driver",
    path: async (api) => `/drivers/${await made(api, "drivers", { name: fresh("Ada") })}`,
    ready: (page) => page.getByRole("button", { name: "Give a tag" }),
  },
  {
    name: "import drivers",
    path: "/drivers/import",
    ready: (page) => page.getByRole("button", { name: "Check the file" }),
  },
  {
    name: "sites",
    path: async (api) => {
      await made(api, "sites", { name: fresh("Yard") });
      return "/sites";
    },
    ready: (page) => cells(page).first(),
    empty: "No sites yet",
    filtered: ["?q=nothing-is-called-this", "No site matches"],
  },
  {
    name: "site",
    path: async (api) => `/sites/${await made(api, "sites", { name: fresh("Depot"), city: "Bonn" })}`,
    ready: (page) => page.getByRole("region", { name: "Opening hours" }),
  },
  {
    name: "reports",
    path: "/reports",
    ready: (page) => page.getByRole("region", { name: "In figures" }).or(page.getByText("Nothing in this time")),
  },
];
