// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who may do what, and what is behind it all. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/routes/frame";
import { readSearch as readAuditSearch } from "@/features/audit/search";
import { readSearch as readPeopleSearch, readTab } from "@/features/people/search";
import { readSearch as readSystemSearch } from "@/features/system/search";
import { readSearch as readWebhooksSearch } from "@/features/webhooks/search";

const users = createRoute({
  getParentRoute: () => signedIn,
  path: "/users",
  validateSearch: readPeopleSearch,
  component: lazyRouteComponent(() => import("@/features/people/users"), "UsersPage"),
});

const usersImport = createRoute({
  getParentRoute: () => signedIn,
  path: "/users/import",
  component: lazyRouteComponent(() => import("@/features/imports/page"), "UsersImportPage"),
});

const user = createRoute({
  getParentRoute: () => signedIn,
  path: "/users/$userId",
  validateSearch: readTab,
  component: lazyRouteComponent(() => import("@/features/people/user"), "UserPage"),
});

const roles = createRoute({
  getParentRoute: () => signedIn,
  path: "/roles",
  component: lazyRouteComponent(() => import("@/features/people/roles"), "RolesPage"),
});

const role = createRoute({
  getParentRoute: () => signedIn,
  path: "/roles/$key",
  component: lazyRouteComponent(() => import("@/features/people/role"), "RolePage"),
});

const apiKeys = createRoute({
  getParentRoute: () => signedIn,
  path: "/api-keys",
  validateSearch: readPeopleSearch,
  component: lazyRouteComponent(() => import("@/features/people/keys"), "KeysPage"),
});

const apiKey = createRoute({
  getParentRoute: () => signedIn,
  path: "/api-keys/$keyId",
  component: lazyRouteComponent(() => import("@/features/people/key"), "KeyPage"),
});

const webhooks = createRoute({
  getParentRoute: () => signedIn,
  path: "/webhooks",
  component: lazyRouteComponent(() => import("@/features/webhooks/list"), "WebhooksPage"),
});

const webhook = createRoute({
  getParentRoute: () => signedIn,
  path: "/webhooks/$webhookId",
  validateSearch: readWebhooksSearch,
  component: lazyRouteComponent(() => import("@/features/webhooks/webhook"), "WebhookPage"),
});

const providers = createRoute({
  getParentRoute: () => signedIn,
  path: "/identity-providers",
  component: lazyRouteComponent(() => import("@/features/people/providers"), "ProvidersPage"),
});

const organization = createRoute({
  getParentRoute: () => signedIn,
  path: "/organization",
  component: lazyRouteComponent(() => import("@/features/people/organizations"), "OrganizationPage"),
});

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: "/audit",
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import("@/features/audit/list"), "AuditPage"),
});

const system = createRoute({
  getParentRoute: () => signedIn,
  path: "/system",
  validateSearch: readSystemSearch,
  component: lazyRouteComponent(() => import("@/features/system/page"), "SystemPage"),
});

const ACCOUNT_TABS = ["profile", "security", "sessions"] as const;

const account = createRoute({
  getParentRoute: () => signedIn,
  path: "/account",
  validateSearch: (search: Record<string, unknown>): { tab?: (typeof ACCOUNT_TABS)[number] } => ({
    tab: ACCOUNT_TABS.find((each) => each === search.tab),
  }),
  component: lazyRouteComponent(() => import("@/features/accounts/account"), "AccountPage"),
});

export const admin = [
  users,
  usersImport,
  user,
  roles,
  role,
  apiKeys,
  apiKey,
  webhooks,
  webhook,
  providers,
  organization,
  audit,
  system,
  account,
] as const;
