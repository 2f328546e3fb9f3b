// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How the fleet is doing. */
import { useTranslation } from "react-i18next";

import { PageHeader } from "@/kit";

export function OverviewPage() {
  const { t } = useTranslation();
  return <PageHeader title={t("places.overview")} />;
}
