// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What goes on now. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { ownSite, signedIn } from "@/app/routes/frame";
import { readRulesSearch, readSearch as readAlertsSearch, readTextSearch } from "@/features/alerts/search";
import { readSearch as readChargersSearch } from "@/features/chargers/filters";
import { readSearch as readReservationsSearch } from "@/features/reservations/search";
import { readSearch as readSessionsSearch } from "@/features/sessions/search";
import { oneTextOf, without } from "@/lib/search";

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  beforeLoad: ownSite,
  // which of several dashboards, and of which site
  validateSearch: (search: Record<string, unknown>): { board?: number; site?: string } =>
    without({
      board: Number.isInteger(search.board) && Number(search.board) > 0 ? Number(search.board) : undefined,
      site: oneTextOf(search.site),
    }),
  component: lazyRouteComponent(() => import("@/features/overview/page"), "OverviewPage"),
});

const map = createRoute({
  getParentRoute: () => signedIn,
  path: "/map",
  beforeLoad: ownSite,
  // beside the filters of the list: where one looks, and which site is open
  validateSearch: (
    search: Record<string, unknown>,
  ): ReturnType<typeof readChargersSearch> & {
    at?: string;
    site?: string;
  } => ({ ...readChargersSearch(search), at: oneTextOf(search.at), site: oneTextOf(search.site) }),
  component: lazyRouteComponent(() => import("@/features/chargers/map/page"), "MapPage"),
});

const chargers = createRoute({
  getParentRoute: () => signedIn,
  path: "/chargers",
  beforeLoad: ownSite,
  validateSearch: readChargersSearch,
  component: lazyRouteComponent(() => import("@/features/chargers/list"), "ChargersPage"),
});

const charger = createRoute({
  getParentRoute: () => signedIn,
  path: "/chargers/$id",
  component: lazyRouteComponent(() => import("@/features/chargers/charger/page"), "ChargerPage"),
});

const chargerStatus = createRoute({
  getParentRoute: () => charger,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/chargers/charger/status-tab"), "StatusTab"),
});

const chargerSessions = createRoute({
  getParentRoute: () => charger,
  path: "/sessions",
  beforeLoad: ownSite,
  component: lazyRouteComponent(() => import("@/features/chargers/charger/sessions-tab"), "SessionsTab"),
});

const chargerConfiguration = createRoute({
  getParentRoute: () => charger,
  path: "/configuration",
  component: lazyRouteComponent(() => import("@/features/chargers/charger/configuration-tab"), "ConfigurationTab"),
});

const chargerMessages = createRoute({
  getParentRoute: () => charger,
  path: "/messages",
  component: lazyRouteComponent(() => import("@/features/chargers/charger/messages-tab"), "MessagesTab"),
});

const chargerSecurity = createRoute({
  getParentRoute: () => charger,
  path: "/security",
  component: lazyRouteComponent(() => import("@/features/chargers/charger/security-tab"), "SecurityTab"),
});

const chargerAbout = createRoute({
  getParentRoute: () => charger,
  path: "/about",
  component: lazyRouteComponent(() => import("@/features/chargers/charger/about-tab"), "AboutTab"),
});

const chargerTabs = [
  chargerStatus,
  chargerSessions,
  chargerConfiguration,
  chargerMessages,
  chargerSecurity,
  chargerAbout,
];

const addCharger = createRoute({
  getParentRoute: () => signedIn,
  path: "/chargers/add",
  component: lazyRouteComponent(() => import("@/features/chargers/add/one"), "AddChargerPage"),
});

const importChargers = createRoute({
  getParentRoute: () => signedIn,
  path: "/chargers/import",
  component: lazyRouteComponent(() => import("@/features/chargers/add/import"), "ImportPage"),
});

const sessions = createRoute({
  getParentRoute: () => signedIn,
  path: "/sessions",
  beforeLoad: ownSite,
  validateSearch: readSessionsSearch,
  component: lazyRouteComponent(() => import("@/features/sessions/list"), "SessionsPage"),
});

const session = createRoute({
  getParentRoute: () => signedIn,
  path: "/sessions/$sessionId",
  component: lazyRouteComponent(() => import("@/features/sessions/session"), "SessionPage"),
});

const reservations = createRoute({
  getParentRoute: () => signedIn,
  path: "/reservations",
  beforeLoad: ownSite,
  validateSearch: readReservationsSearch,
  component: lazyRouteComponent(() => import("@/features/reservations/page"), "ReservationsPage"),
});

const alerts = createRoute({
  getParentRoute: () => signedIn,
  path: "/alerts",
  beforeLoad: ownSite,
  validateSearch: readAlertsSearch,
  component: lazyRouteComponent(() => import("@/features/alerts/list"), "AlertsPage"),
});

const alertGroup = createRoute({
  getParentRoute: () => signedIn,
  path: "/alerts/groups/$key",
  component: lazyRouteComponent(() => import("@/features/alerts/group"), "GroupPage"),
});

const alertRules = createRoute({
  getParentRoute: () => signedIn,
  path: "/alerts/rules",
  validateSearch: readRulesSearch,
  component: lazyRouteComponent(() => import("@/features/alerts/rules"), "RulesPage"),
});

const messageText = createRoute({
  getParentRoute: () => signedIn,
  path: "/alerts/texts/$kind",
  validateSearch: readTextSearch,
  component: lazyRouteComponent(() => import("@/features/alerts/text"), "TextPage"),
});

const alert = createRoute({
  getParentRoute: () => signedIn,
  path: "/alerts/$alertId",
  component: lazyRouteComponent(() => import("@/features/alerts/alert"), "AlertPage"),
});

export const operate = [
  overview,
  map,
  chargers,
  addCharger,
  importChargers,
  charger.addChildren(chargerTabs),
  sessions,
  session,
  reservations,
  alerts,
  alertGroup,
  alertRules,
  messageText,
  alert,
] as const;
