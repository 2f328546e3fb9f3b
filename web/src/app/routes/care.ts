// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What keeps chargers well. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/routes/frame";
import { readSearch as readCertificatesSearch } from "@/features/certificates/search";
import {
  readCampaign as readCampaignSearch,
  readSearch as readFirmwareSearch,
  readWizard as readWizardSearch,
} from "@/features/firmware/search";
import { readOne as readJobSearch, readSearch as readJobsSearch } from "@/features/jobs/search";
import { readApply, readSearch as readTemplatesSearch } from "@/features/templates/search";

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

export const care = [
  firmware,
  newCampaign,
  campaign,
  templates,
  applyTemplate,
  template,
  certificates,
  jobs,
  job,
] as const;
