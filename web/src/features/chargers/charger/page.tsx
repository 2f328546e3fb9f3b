// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One charger: what it is called, how it is, what it can be told, and its six parts. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Outlet, useMatchRoute } from "@tanstack/react-router";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";

import { ChargerActions } from "@/features/chargers/charger/actions";
import styles from "@/features/chargers/charger/charger.module.css";
import { chargerQuery, useChargerAlive } from "@/features/chargers/charger/data";
import { IssuedList } from "@/features/chargers/charger/issued-list";
import { modelOf } from "@/features/chargers/columns";
import { chargerPath } from "@/features/chargers/model";
import { useSites } from "@/features/chargers/sites";
import { ChargerStatus } from "@/features/chargers/status";
import { ErrorState, ForbiddenPage, Loading, PageHeader, Skeleton, Tabs } from "@/kit";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/chargers/$id");

export const TABS = ["status", "sessions", "configuration", "messages", "security", "about"] as const;
type TabId = (typeof TABS)[number];
const NEEDS: Partial<Record<TabId, string>> = {
  sessions: "transaction:transaction:read",
  messages: "charger:message:read",
};

export function ChargerPage() {
  const { id } = route.useParams();
  const may = useMay();
  if (may("charger:charger:read")) return <Charger />;
  return <ForbiddenPage title={id} permission="charger:charger:read" />;
}

function useTab(id: string): TabId {
  const matches = useMatchRoute();
  const found = TABS.find((tab) => tab !== "status" && matches({ to: chargerPath(id, tab), fuzzy: true }));
  return found ?? "status";
}

function Charger() {
  const { t } = useTranslation("chargers");
  const { id } = route.useParams();
  const may = useMay();
  const tab = useTab(id);
  const loaded = useQuery(chargerQuery(id));
  const { byId } = useSites();
  useChargerAlive(id);
  const crumbs = [{ label: t("title"), to: "/chargers" }, { label: id }];
  if (loaded.error && !loaded.data) {
    return (
      <div className={styles.page}>
        <PageHeader title={id} breadcrumbs={crumbs} />
        <ErrorState problem={loaded.error} onRetry={() => void loaded.refetch()} />
      </div>
    );
  }
  const charger = loaded.data?.charger;
  if (!charger) {
    return (
      <Loading>
        <div className={styles.page}>
          <PageHeader title={id} breadcrumbs={crumbs} />
          <Skeleton variant="block" height="2.5rem" />
          <Skeleton variant="block" height="12rem" />
        </div>
      </Loading>
    );
  }
  const items = TABS.filter((each) => !NEEDS[each] || may(NEEDS[each])).map((each) => ({
    id: each,
    label: t(`charger.tabs.${each}`),
    to: chargerPath(id, each === "status" ? "" : each),
  }));
  const facts = [charger.name && charger.id, modelOf(charger), charger.site_id && byId.get(charger.site_id)?.name];
  return (
    <div className={styles.page}>
      <PageHeader
        title={charger.name ?? charger.id}
        status={<ChargerStatus charger={charger} />}
        description={facts.filter(Boolean).join(" · ")}
        breadcrumbs={crumbs}
        actions={<ChargerActions charger={charger} etag={loaded.data?.etag ?? null} />}
      />
      <IssuedList charger={charger.id} />
      <Tabs<TabId> label={t("charger.tabs.label")} items={items} selected={tab}>
        <div className={styles.panel}>
          <Suspense
            fallback={
              <Loading>
                <Skeleton variant="block" height="12rem" />
              </Loading>
            }
          >
            <Outlet />
          </Suspense>
        </div>
      </Tabs>
    </div>
  );
}
