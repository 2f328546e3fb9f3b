// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Every address of the app, by the groups of the menu. A screen's code is loaded when it is first wanted. */
import { createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { CrashPage, MissingPage } from "@/app/failures";
import { admin } from "@/app/routes/admin";
import { care } from "@/app/routes/care";
import { door } from "@/app/routes/door";
import { energy } from "@/app/routes/energy";
import { noteMove, root, signedIn } from "@/app/routes/frame";
import { operate } from "@/app/routes/operate";
import { people } from "@/app/routes/people";

const gallery = createRoute({
  getParentRoute: () => root,
  path: "/__kit",
  component: lazyRouteComponent(() => import("@/features/gallery/page"), "GalleryPage"),
});

const tree = root.addChildren([
  ...door,
  signedIn.addChildren([...operate, ...energy, ...people, ...care, ...admin]),
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

router.history.subscribe(({ action }) => noteMove(action.type));

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
