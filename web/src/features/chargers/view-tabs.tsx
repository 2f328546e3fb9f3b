// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Views that are always there; each is an address. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { VIEWS, type BuiltInView } from "@/features/chargers/filters";
import { waitingCountQuery } from "@/features/chargers/waiting";
import { LinkTabs } from "@/kit";
import { useMay } from "@/lib/me";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/chargers");

export function ViewTabs() {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const { view = "all", site_id: sites } = route.useSearch();
  const seesWaiting = may("onboarding:charger:read");
  const waiting = useQuery({ ...waitingCountQuery, enabled: seesWaiting }).data;
  const items = VIEWS.filter((id) => id !== "pending" || seesWaiting).map((id) => ({
    id,
    label: t(`views.${id}`),
    count: id === "pending" && waiting ? waiting : undefined,
    to: appPath("/chargers", { view: id === "all" ? undefined : id, site_id: sites }),
  }));
  return <LinkTabs<BuiltInView> label={t("views.label")} items={items} selected={view} />;
}
