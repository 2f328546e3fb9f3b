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
  { name: "map", path: "/map", isOnPhone: true },
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
  { name: "alerts", path: "/alerts", isOnPhone: true },
  { name: "alert-rules", path: "/alerts/rules" },
  { name: "message-texts", path: "/alerts/rules?tab=texts" },
  { name: "message-text", path: "/alerts/texts/alert_raised?language=en" },
  { name: "sites", path: "/sites" },
  { name: "site", path: "/sites/{site}" },
  { name: "reports", path: "/reports?preset=days30&compare=previous" },
  { name: "reports-utilisation", path: "/reports?kind=utilisation&preset=days30&by=site" },
  { name: "reports-uptime", path: "/reports?kind=uptime&preset=days30&by=charger" },
  { name: "drivers", path: "/drivers" },
  { name: "driver", path: "/drivers/{driver}" },
  { name: "tags", path: "/tags" },
  { name: "tag", path: "/tags/{tag}" },
  { name: "firmware", path: "/firmware" },
  { name: "templates", path: "/templates" },
  { name: "certificates", path: "/certificates" },
  { name: "charging-profiles", path: "/charging-profiles" },
  { name: "jobs", path: "/jobs" },
  { name: "users", path: "/users" },
  { name: "roles", path: "/roles" },
  { name: "api-keys", path: "/api-keys" },
  { name: "webhooks", path: "/webhooks" },
  { name: "providers", path: "/identity-providers" },
  { name: "organization", path: "/organization" },
  { name: "audit", path: "/audit" },
  { name: "system", path: "/system" },
  { name: "system-load", path: "/system?tab=load" },
  { name: "account", path: "/account" },
];
