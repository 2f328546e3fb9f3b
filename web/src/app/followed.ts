// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the frame follows once somebody is in: loaded after the first paint. */
export { followPreferences } from "@/app/preferences";
export { followBranding } from "@/lib/branding";
