// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import "@fontsource-variable/inter/wght.css";

import "@/tokens.css";
import "@/base.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "@/app/app";
import { followAppearance } from "@/lib/appearance";
import { startApi } from "@/lib/client";
import { startTexts } from "@/lib/i18n";

followAppearance();
startApi();
await startTexts();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
