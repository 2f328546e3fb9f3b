// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who charges, and with what. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/routes/frame";
import { readSearch as readDriversSearch } from "@/features/drivers/search";
import { readSearch as readTagsSearch } from "@/features/tags/search";

const tags = createRoute({
  getParentRoute: () => signedIn,
  path: "/tags",
  validateSearch: readTagsSearch,
  component: lazyRouteComponent(() => import("@/features/tags/list"), "TagsPage"),
});

const tagsImport = createRoute({
  getParentRoute: () => signedIn,
  path: "/tags/import",
  component: lazyRouteComponent(() => import("@/features/imports/page"), "TagsImportPage"),
});

const tag = createRoute({
  getParentRoute: () => signedIn,
  path: "/tags/$tagId",
  validateSearch: (search: Record<string, unknown>): { ask?: "block" } =>
    search.ask === "block" ? { ask: "block" } : {},
  component: lazyRouteComponent(() => import("@/features/tags/tag"), "TagPage"),
});

const drivers = createRoute({
  getParentRoute: () => signedIn,
  path: "/drivers",
  validateSearch: readDriversSearch,
  component: lazyRouteComponent(() => import("@/features/drivers/list"), "DriversPage"),
});

const driversImport = createRoute({
  getParentRoute: () => signedIn,
  path: "/drivers/import",
  component: lazyRouteComponent(() => import("@/features/imports/page"), "DriversImportPage"),
});

const driver = createRoute({
  getParentRoute: () => signedIn,
  path: "/drivers/$driverId",
  component: lazyRouteComponent(() => import("@/features/drivers/driver"), "DriverPage"),
});

export const people = [tags, tagsImport, tag, drivers, driversImport, driver] as const;
