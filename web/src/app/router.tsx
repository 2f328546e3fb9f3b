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
import { readRulesSearch, readSearch as readAlertsSearch, readTextSearch } from "@/features/alerts/search";
import { readSearch as readAuditSearch } from "@/features/audit/search";
import { readSearch as readChargersSearch } from "@/features/chargers/filters";
import { readSearch as readDriversSearch } from "@/features/drivers/search";
import {
  readCampaign as readCampaignSearch,
  readSearch as readFirmwareSearch,
  readWizard as readWizardSearch,
} from "@/features/firmware/search";
import { readOne as readJobSearch, readSearch as readJobsSearch } from "@/features/jobs/search";
import { readSearch as readPeopleSearch, readTab } from "@/features/people/search";
import { readSearch as readCertificatesSearch } from "@/features/certificates/search";
import { readSearch as readProfilesSearch } from "@/features/profiles/search";
import { readSearch as readReportsSearch } from "@/features/reports/search";
import { readSearch as readReservationsSearch } from "@/features/reservations/search";
import { readSearch as readSessionsSearch } from "@/features/sessions/search";
import { readSearch as readSystemSearch } from "@/features/system/search";
import { readSearch as readTagsSearch } from "@/features/tags/search";
import { readSearch as readWebhooksSearch } from "@/features/webhooks/search";
import { readApply, readSearch as readTemplatesSearch } from "@/features/templates/search";
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

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const signIn = createRoute({
  getParentRoute: () => root,
  path: SIGN_IN,
  validateSearch: (search: Record<string, unknown>): { next?: string; problem?: string } => ({
    next: text(search.next),
    problem: text(search.problem),
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

const ACCOUNT_TABS = ["profile", "security", "sessions"] as const;

const account = createRoute({
  getParentRoute: () => signedIn,
  path: "/account",
  validateSearch: (search: Record<string, unknown>): { tab?: (typeof ACCOUNT_TABS)[number] } => ({
    tab: ACCOUNT_TABS.find((each) => each === search.tab),
  }),
  component: lazyRouteComponent(() => import("@/features/accounts/account"), "AccountPage"),
});

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  // which of several dashboards
  validateSearch: (search: Record<string, unknown>): { board?: number } =>
    Number.isInteger(search.board) && Number(search.board) > 0 ? { board: Number(search.board) } : {},
  component: lazyRouteComponent(() => import("@/features/overview/page"), "OverviewPage"),
});

const map = createRoute({
  getParentRoute: () => signedIn,
  path: "/map",
  // beside the filters of the list: where one looks, and which site is open
  validateSearch: (
    search: Record<string, unknown>,
  ): ReturnType<typeof readChargersSearch> & {
    at?: string;
    site?: string;
  } => ({ ...readChargersSearch(search), at: text(search.at), site: text(search.site) }),
  component: lazyRouteComponent(() => import("@/features/chargers/map/page"), "MapPage"),
});

const chargers = createRoute({
  getParentRoute: () => signedIn,
  path: "/chargers",
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

const alerts = createRoute({
  getParentRoute: () => signedIn,
  path: "/alerts",
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

const reports = createRoute({
  getParentRoute: () => signedIn,
  path: "/reports",
  validateSearch: readReportsSearch,
  component: lazyRouteComponent(() => import("@/features/reports/page"), "ReportsPage"),
});

const sites = createRoute({
  getParentRoute: () => signedIn,
  path: "/sites",
  validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: text(search.q) }),
  component: lazyRouteComponent(() => import("@/features/sites/list"), "SitesPage"),
});

const site = createRoute({
  getParentRoute: () => signedIn,
  path: "/sites/$id",
  component: lazyRouteComponent(() => import("@/features/sites/site"), "SitePage"),
});

const firmware = createRoute({
  getParentRoute: () => signedIn,
  path: "/firmware",
  validateSearch: readFirmwareSearch,
  component: lazyRouteComponent(() => import("@/features/firmware/list"), "FirmwarePage"),
});

const newCampaign = createRoute({
  getParentRoute: () => signedIn,
  path: "/firmware/new",
  validateSearch: readWizardSearch,
  component: lazyRouteComponent(() => import("@/features/firmware/wizard"), "WizardPage"),
});

const campaign = createRoute({
  getParentRoute: () => signedIn,
  path: "/firmware/campaigns/$id",
  validateSearch: readCampaignSearch,
  component: lazyRouteComponent(() => import("@/features/firmware/campaign"), "CampaignPage"),
});

const jobs = createRoute({
  getParentRoute: () => signedIn,
  path: "/jobs",
  validateSearch: readJobsSearch,
  component: lazyRouteComponent(() => import("@/features/jobs/list"), "JobsPage"),
});

const job = createRoute({
  getParentRoute: () => signedIn,
  path: "/jobs/$id",
  validateSearch: readJobSearch,
  component: lazyRouteComponent(() => import("@/features/jobs/job"), "JobPage"),
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

const templates = createRoute({
  getParentRoute: () => signedIn,
  path: "/templates",
  validateSearch: readTemplatesSearch,
  component: lazyRouteComponent(() => import("@/features/templates/list"), "TemplatesPage"),
});

const applyTemplate = createRoute({
  getParentRoute: () => signedIn,
  path: "/templates/apply",
  validateSearch: readApply,
  component: lazyRouteComponent(() => import("@/features/templates/apply"), "ApplyTemplatePage"),
});

const template = createRoute({
  getParentRoute: () => signedIn,
  path: "/templates/$templateId",
  component: lazyRouteComponent(() => import("@/features/templates/template"), "TemplatePage"),
});

const certificates = createRoute({
  getParentRoute: () => signedIn,
  path: "/certificates",
  validateSearch: readCertificatesSearch,
  component: lazyRouteComponent(() => import("@/features/certificates/page"), "CertificatesPage"),
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

const gallery = createRoute({
  getParentRoute: () => root,
  path: "/__kit",
  component: lazyRouteComponent(() => import("@/features/gallery/page"), "GalleryPage"),
});

const tree = root.addChildren([
  signIn,
  ...links,
  signedIn.addChildren([
    overview,
    account,
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
    tags,
    tagsImport,
    tag,
    drivers,
    driversImport,
    driver,
    sites,
    site,
    profiles,
    profile,
    reports,
    firmware,
    newCampaign,
    campaign,
    jobs,
    job,
    audit,
    system,
    users,
    usersImport,
    user,
    roles,
    role,
    apiKeys,
    apiKey,
    webhooks,
    webhook,
    templates,
    applyTemplate,
    template,
    certificates,
    providers,
    organization,
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
