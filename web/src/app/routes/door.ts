// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where nobody is in yet: signing in, and what links in mails lead to. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root, SIGN_IN } from "@/app/routes/frame";
import { oneTextOf } from "@/lib/search";

const signIn = createRoute({
  getParentRoute: () => root,
  path: SIGN_IN,
  validateSearch: (search: Record<string, unknown>): { next?: string; problem?: string } => ({
    next: oneTextOf(search.next),
    problem: oneTextOf(search.problem),
  }),
  component: lazyRouteComponent(() => import("@/features/accounts/sign-in"), "SignInPage"),
});

/** What links in mails lead to, and asking for one. */
const links = [
  createRoute({
    getParentRoute: () => root,
    path: "/forgot-password",
    component: lazyRouteComponent(() => import("@/features/accounts/links"), "ForgotPasswordPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/reset-password",
    component: lazyRouteComponent(() => import("@/features/accounts/links"), "ResetPasswordPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/invitation",
    component: lazyRouteComponent(() => import("@/features/accounts/links"), "InvitationPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/verify-email",
    component: lazyRouteComponent(() => import("@/features/accounts/links"), "VerifyEmailPage"),
  }),
];

export const door = [signIn, ...links];
