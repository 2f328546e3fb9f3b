// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The chargers of a station that is opened; of a large one the first. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { ChargersSearch } from "@/features/chargers/filters";
import { stationQuery } from "@/features/chargers/map/api";
import styles from "@/features/chargers/map/map.module.css";
import type { Station } from "@/features/chargers/map/model";
import { chargerPath } from "@/features/chargers/model";
import { ChargerStatus } from "@/features/chargers/status";
import { ErrorState, Loading, Skeleton, TextLink } from "@/kit";
import { useFormat } from "@/lib/format";

export function StationChargers({ station, search, all }: { station: Station; search: ChargersSearch; all: string }) {
  const { t } = useTranslation("map");
  const format = useFormat();
  const { data, error, refetch } = useQuery(stationQuery(search, station));
  if (error && !data) return <ErrorState isCompact problem={error} onRetry={() => void refetch()} />;
  if (!data) {
    return (
      <Loading>
        <Skeleton lines={Math.min(station.total, 5)} />
      </Loading>
    );
  }
  const rest = station.total - data.length;
  return (
    <ul className={styles.chargers}>
      {data.map((charger) => (
        <li key={charger.id}>
          <TextLink to={chargerPath(charger.id)}>{charger.name ?? charger.id}</TextLink>
          <ChargerStatus charger={charger} />
        </li>
      ))}
      {rest > 0 && (
        <li>
          <TextLink to={all}>{t("rest", { count: rest, number: format.number(rest) })}</TextLink>
        </li>
      )}
    </ul>
  );
}
