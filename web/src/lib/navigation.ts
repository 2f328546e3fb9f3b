// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where one can go: the menu, the bar of the phone, the palette and the keys all read this. */
import {
  BatteryCharging,
  BellRing,
  Building2,
  CalendarClock,
  ChartColumn,
  ChartNoAxesGantt,
  Contact,
  IdCard,
  KeySquare,
  FileBadge,
  FileCog,
  LogIn,
  Gauge,
  HardDriveDownload,
  ListChecks,
  type LucideIcon,
  Map,
  MapPinned,
  Nfc,
  PlugZap,
  ScrollText,
  ServerCog,
  UsersRound,
  Webhook,
} from "lucide-react";

interface Place {
  id: string;
  to: string;
  icon: LucideIcon;
  /** What has to be allowed somewhere for it to be there. */
  permission?: string;
  /** Pressed after g. */
  key?: string;
  /** In the bar at the bottom of a phone. */
  phone?: boolean;
}

export interface Group {
  id: string;
  places: Place[];
}

const NAVIGATION: Group[] = [
  {
    id: "operate",
    places: [
      { id: "overview", to: "/", icon: Gauge, key: "o", phone: true },
      { id: "map", to: "/map", icon: Map, permission: "charger:charger:read", key: "m", phone: true },
      { id: "chargers", to: "/chargers", icon: PlugZap, permission: "charger:charger:read", key: "c", phone: true },
      {
        id: "sessions",
        to: "/sessions",
        icon: BatteryCharging,
        permission: "transaction:transaction:read",
        key: "s",
        phone: true,
      },
      {
        id: "reservations",
        to: "/reservations",
        icon: CalendarClock,
        permission: "charger:charger:read",
        key: "r",
      },
      { id: "alerts", to: "/alerts", icon: BellRing, permission: "alert:alert:read", key: "a", phone: true },
    ],
  },
  {
    id: "energy",
    places: [
      { id: "sites", to: "/sites", icon: MapPinned, permission: "site:site:read", key: "i" },
      { id: "profiles", to: "/charging-profiles", icon: ChartNoAxesGantt, permission: "charging:profile:read" },
      { id: "reports", to: "/reports", icon: ChartColumn, permission: "report:report:read", key: "p" },
    ],
  },
  {
    id: "people",
    places: [
      { id: "drivers", to: "/drivers", icon: Contact, permission: "driver:driver:read", key: "d" },
      { id: "tags", to: "/tags", icon: Nfc, permission: "token:token:read", key: "t" },
    ],
  },
  {
    id: "care",
    places: [
      { id: "firmware", to: "/firmware", icon: HardDriveDownload, permission: "firmware:image:read", key: "f" },
      { id: "templates", to: "/templates", icon: FileCog, permission: "charger:charger:read" },
      { id: "certificates", to: "/certificates", icon: FileBadge, permission: "certificate:certificate:read" },
      { id: "jobs", to: "/jobs", icon: ListChecks, permission: "charger:charger:read", key: "j" },
    ],
  },
  {
    id: "admin",
    places: [
      { id: "users", to: "/users", icon: UsersRound, permission: "account:user:read", key: "u" },
      { id: "roles", to: "/roles", icon: IdCard, permission: "account:role:read" },
      { id: "keys", to: "/api-keys", icon: KeySquare, permission: "account:api_key:read" },
      { id: "webhooks", to: "/webhooks", icon: Webhook, permission: "webhook:webhook:read" },
      { id: "providers", to: "/identity-providers", icon: LogIn, permission: "account:provider:read" },
      { id: "organization", to: "/organization", icon: Building2, permission: "account:organization:update" },
      { id: "audit", to: "/audit", icon: ScrollText, permission: "system:audit:read", key: "l" },
      { id: "system", to: "/system", icon: ServerCog, permission: "system:settings:read", key: "y" },
    ],
  },
];

/** The groups and places that somebody may see. */
export function placesFor(may: (permission: string) => boolean): Group[] {
  return NAVIGATION.map((group) => ({
    ...group,
    places: group.places.filter(({ permission }) => permission === undefined || may(permission)),
  })).filter(({ places }) => places.length > 0);
}
