// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
// The reference talks to this origin only: no proxy, no telemetry, no fonts, no agent and no accounts elsewhere.

globalThis.Scalar.createApiReference("#reference", {
  url: "/api/openapi.json",
  agent: { disabled: true },
  authentication: { preferredSecurityScheme: "bearer" },
  hideClientButton: true,
  proxyUrl: "",
  showDeveloperTools: "never",
  telemetry: false,
  withDefaultFonts: false,
});
