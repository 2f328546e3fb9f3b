// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where power goes. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { ownSite, signedIn } from "@/app/routes/frame";
import { readSearch as readProfilesSearch } from "@/features/profiles/search";
import { readSearch as readReportsSearch } from "@/features/reports/search";
import { oneTextOf } from "@/lib/search";

const sites = createRoute({
  getParentRoute: () => signedIn,
  path: "/sites",
  validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: oneTextOf(search.q) }),
  component: lazyRouteComponent(() => import("@/features/sites/list"), "SitesPage"),
});

const site = createRoute({
  getParentRoute: () => signedIn,
  path: "/sites/$id",
  component: lazyRouteComponent(() => import("@/features/sites/site"), "SitePage"),
});

const profiles = createRoute({
  getParentRoute: () => signedIn,
  path: "/charging-profiles",
  validateSearch: readProfilesSearch,
  component: lazyRouteComponent(() => import("@/features/profiles/list"), "ProfilesPage"),
});

const profile = createRoute({
  getParentRoute: () => signedIn,
  path: "/charging-profiles/$profileId",
  component: lazyRouteComponent(() => import("@/features/profiles/profile"), "ProfilePage"),
});

const reports = createRoute({
  getParentRoute: () => signedIn,
  path: "/reports",
  beforeLoad: ownSite,
  validateSearch: readReportsSearch,
  component: lazyRouteComponent(() => import("@/features/reports/page"), "ReportsPage"),
});

export const energy = [sites, site, profiles, profile, reports] as const;
