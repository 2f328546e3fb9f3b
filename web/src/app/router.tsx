// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Every address of the app. A screen's code is loaded when it is first wanted. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";

import { CrashPage, MissingPage } from "@/app/failures";
import { meQuery } from "@/app/me";
import { queries } from "@/app/queries";
import { Shell } from "@/app/shell/shell";
import { readSearch as readDriversSearch } from "@/features/drivers/search";
import { readSearch as readReservationsSearch } from "@/features/reservations/search";
import { readSearch as readSessionsSearch } from "@/features/sessions/search";
import { readSearch as readTagsSearch } from "@/features/tags/search";
import { problemOf } from "@/lib/problems";

const root = createRootRoute({ component: Outlet, notFoundComponent: MissingPage, errorComponent: CrashPage });

const SIGN_IN = "/sign-in";

/** Whoever is not signed in goes there first, and comes back to where they wanted to go. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: Shell,
  beforeLoad: async ({ location }) => {
    try {
      const me = await queries.ensureQueryData(meQuery);
      const hindered = me.must_change_password || (me.second_factor && me.second_factor.state !== "fine");
      if (hindered) throw redirect({ to: SIGN_IN, search: { next: location.href } });
    } catch (error) {
      if (problemOf(error).status === 401) throw redirect({ to: SIGN_IN, search: { next: location.href } });
      throw error;
    }
  },
  errorComponent: CrashPage,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: SIGN_IN,
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === "string" ? { next: search.next } : {},
  component: lazyRouteComponent(() => import("@/features/accounts/sign-in"), "SignInPage"),
});

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/overview/page"), "OverviewPage"),
});

const sessions = createRoute({
  getParentRoute: () => signedIn,
  path: "/sessions",
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
  validateSearch: readReservationsSearch,
  component: lazyRouteComponent(() => import("@/features/reservations/page"), "ReservationsPage"),
});

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

const gallery = createRoute({
  getParentRoute: () => root,
  path: "/__kit",
  component: lazyRouteComponent(() => import("@/features/gallery/page"), "GalleryPage"),
});

const tree = root.addChildren([
  signIn,
  signedIn.addChildren([
    overview,
    sessions,
    session,
    reservations,
    tags,
    tagsImport,
    tag,
    drivers,
    driversImport,
    driver,
  ]),
  ...(import.meta.env.DEV ? [gallery] : []),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultErrorComponent: CrashPage,
  defaultNotFoundComponent: MissingPage,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
