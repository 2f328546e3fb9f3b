// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What every address is below: the root, and the frame for whoever is signed in. */
import { createRootRoute, createRoute, Outlet, redirect } from "@tanstack/react-router";

import { CrashPage, MissingPage } from "@/app/failures";
import { Shell } from "@/app/shell/shell";
import { meQuery } from "@/lib/me";
import { problemOf } from "@/lib/problems";
import { queries } from "@/lib/queries";
import { arrive } from "@/lib/site-scope";

export const root = createRootRoute({
  component: Outlet,
  notFoundComponent: MissingPage,
  errorComponent: CrashPage,
});

export const SIGN_IN = "/sign-in";

/** Whoever is not signed in goes there first, and comes back to where they wanted to go. */
export const signedIn = createRoute({
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

let isBack = false;

/** To be told of each move before the router hears of it. */
export function noteMove(action: string): void {
  isBack = action === "BACK" || action === "FORWARD" || action === "GO";
}

/** On the way to a screen that can show one site only. */
export const ownSite = (arriving: Parameters<typeof arrive>[0]): void => arrive(arriving, isBack);
