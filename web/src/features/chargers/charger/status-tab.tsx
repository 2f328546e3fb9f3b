// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How a charger is now, and what happened. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import type { Charger } from "@/api/types.gen";
import styles from "@/features/chargers/charger/charger.module.css";
import { chargerQuery } from "@/features/chargers/charger/data";
import { Connectors } from "@/features/chargers/charger/connectors";
import { ChargerTimeline } from "@/features/chargers/charger/timeline";
import { Verdict } from "@/features/chargers/charger/verdict";
import { versionOf } from "@/features/chargers/columns";
import { useSites } from "@/features/chargers/sites";
import { Ago, Card, KeyValue, type Fact } from "@/kit";

const route = getRouteApi("/signed-in/chargers/$id");

/** The charger that the page around it has read already. */
export function useLoaded() {
  const { id } = route.useParams();
  return useQuery(chargerQuery(id)).data;
}

export function StatusTab() {
  const charger = useLoaded()?.charger;
  const { byId } = useSites();
  if (!charger) return null;
  const zone = byId.get(charger.site_id ?? "")?.time_zone;
  return (
    <>
      <Verdict charger={charger} zone={zone} />
      <div className={styles.columns}>
        <div className={styles.stack}>
          <Connectors charger={charger} zone={zone} />
          <Connection charger={charger} zone={zone} />
        </div>
        <ChargerTimeline id={charger.id} zone={zone} />
      </div>
    </>
  );
}

function Connection({ charger, zone }: { charger: Charger; zone?: string | null }) {
  const { t } = useTranslation("chargers");
  const at = (moment: string | null) => moment && <Ago at={moment} zone={zone} />;
  const closed = [charger.close_code !== null && String(charger.close_code), charger.close_reason]
    .filter(Boolean)
    .join(" · ");
  const items: Fact[] = [
    { label: t("connection.heartbeat"), value: at(charger.last_heartbeat) },
    charger.online
      ? { label: t("connection.since"), value: at(charger.connected_at) }
      : { label: t("connection.gone"), value: at(charger.disconnected_at) },
    ...(charger.online ? [] : [{ label: t("connection.closed"), value: closed }]),
    { label: t("filters.protocol"), value: versionOf(charger.protocol) },
    { label: t("connection.address"), value: charger.address && <bdi className={styles.mono}>{charger.address}</bdi> },
    { label: t("connection.boot"), value: at(charger.boot_at) },
    { label: t("connection.registration"), value: t(`registration.${charger.registration}`) },
  ];
  return (
    <Card title={t("connection.title")}>
      <KeyValue items={items} />
    </Card>
  );
}
