// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Every screen that has a picture in the documentation; docs/app/screens.md shows them under these names. */
export interface Screen {
  name: string;
  /** `{charger}`, `{session}` and the like are filled with what is there. */
  path: string;
  /** A picture of a phone as well. */
  isOnPhone?: boolean;
}

export const SCREENS: readonly Screen[] = [
  { name: "overview", path: "/", isOnPhone: true },
  { name: "chargers", path: "/chargers", isOnPhone: true },
  { name: "chargers-pending", path: "/chargers?view=pending" },
  { name: "charger-add", path: "/chargers/add" },
  { name: "charger-import", path: "/chargers/import" },
  { name: "charger", path: "/chargers/{charger}", isOnPhone: true },
  { name: "charger-sessions", path: "/chargers/{charger}/sessions" },
  { name: "charger-configuration", path: "/chargers/{charger}/configuration" },
  { name: "charger-messages", path: "/chargers/{charger}/messages" },
  { name: "charger-security", path: "/chargers/{charger}/security" },
  { name: "charger-about", path: "/chargers/{charger}/about" },
  { name: "sessions", path: "/sessions?tab=active", isOnPhone: true },
  { name: "session", path: "/sessions/{session}", isOnPhone: true },
  { name: "reservations", path: "/reservations" },
  { name: "sites", path: "/sites" },
  { name: "site", path: "/sites/{site}" },
  { name: "reports", path: "/reports" },
  { name: "drivers", path: "/drivers" },
  { name: "driver", path: "/drivers/{driver}" },
  { name: "tags", path: "/tags" },
  { name: "tag", path: "/tags/{tag}" },
  { name: "account", path: "/account" },
];
