// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the map shows, as a list: everything that can be done on the map can be done here, without seeing it. */
import { defaultStringifySearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { ChargersSearch } from "@/features/chargers/filters";
import styles from "@/features/chargers/map/map.module.css";
import { countsOf, type Station } from "@/features/chargers/map/model";
import { Button, Disclosure, LinkButton, StatusBadge, TextLink } from "@/kit";
import { useFormat } from "@/lib/format";

// which chargers are there is asked when a station is opened
const StationChargers = lazy(() =>
  import("@/features/chargers/map/station-chargers").then((file) => ({ default: file.StationChargers })),
);

const STEP = 40;
const MOST_BADGES = 3;

export interface StationListProps {
  stations: readonly Station[];
  search: ChargersSearch;
  chosen: string | null;
  onChoose: (site: string | null) => void;
  /** The chosen one is to be looked at. */
  onLook: () => void;
  hasMap: boolean;
  elsewhere: number;
  nothing: ReactNode;
}

export function StationList(props: StationListProps) {
  const { stations, search, chosen, onChoose, onLook, hasMap, elsewhere, nothing } = props;
  const { t } = useTranslation("map");
  const format = useFormat();
  const [most, setMost] = useState(STEP);
  const chargers = stations.reduce((sum, { total }) => sum + total, 0);
  const first = stations.slice(0, most);
  // what was pressed on the map is to be found, however far down it would be
  const own = stations.find(({ site_id: id }) => id === chosen);
  const shown = own && !first.includes(own) ? [own, ...first] : first;
  return (
    <>
      <p className="soft" role="status">
        {t("stations", { count: stations.length, number: format.number(stations.length) })}
        {" · "}
        {t("chargers", { count: chargers, number: format.number(chargers) })}
      </p>
      {stations.length === 0 ? (
        nothing
      ) : (
        <ul className={styles.stations}>
          {shown.map((station) => (
            <StationItem
              key={station.site_id}
              station={station}
              search={search}
              isChosen={station.site_id === chosen}
              onChoose={onChoose}
              onLook={hasMap ? onLook : undefined}
            />
          ))}
        </ul>
      )}
      {most < stations.length && (
        <Button isWide onPress={() => setMost((now) => now + STEP)}>
          {t("more", { number: format.number(stations.length - most) })}
        </Button>
      )}
      {elsewhere > 0 && stations.length > 0 && (
        <p className={styles.elsewhere}>
          {t("elsewhere", { count: elsewhere, number: format.number(elsewhere) })}{" "}
          <TextLink to="/sites">{t("empty.sites")}</TextLink>
        </p>
      )}
    </>
  );
}

function StationItem({
  station,
  search,
  isChosen,
  onChoose,
  onLook,
}: {
  station: Station;
  search: ChargersSearch;
  isChosen: boolean;
  onChoose: (site: string | null) => void;
  onLook?: () => void;
}) {
  const { t } = useTranslation("map");
  const { t: ofChargers } = useTranslation("chargers");
  const { t: kit } = useTranslation("kit");
  const item = useRef<HTMLLIElement>(null);
  const { site_id: id, site_ids: sites, name, total } = station;
  useEffect(() => {
    if (isChosen) item.current?.scrollIntoView({ block: "nearest" });
  }, [isChosen]);
  const counts = countsOf(station);
  const all = `/chargers${defaultStringifySearch({ ...search, site_id: sites })}`;
  return (
    <li ref={item} className={styles.station}>
      <Disclosure
        level={2}
        isOpen={isChosen}
        onOpenChange={(isOpen) => onChoose(isOpen ? id : null)}
        title={
          <span className={styles.head}>
            <span className={styles.name}>{name}</span>
            <span className={styles.badges}>
              {counts.slice(0, MOST_BADGES).map(({ family, count }) => (
                <StatusBadge
                  key={family}
                  family={family}
                  size="sm"
                  label={ofChargers("status.times", { count, status: kit(`status.${family}`) })}
                />
              ))}
            </span>
          </span>
        }
      >
        {isChosen && (
          <Suspense>
            <StationChargers station={station} search={search} all={all} />
          </Suspense>
        )}
        <div className={styles.actions}>
          {onLook && (
            <Button size="sm" onPress={onLook}>
              {t("look")}
            </Button>
          )}
          <LinkButton size="sm" to={`/sites/${id}`}>
            {t("site")}
          </LinkButton>
          {total > 1 && (
            <LinkButton size="sm" to={all}>
              {t("all")}
            </LinkButton>
          )}
        </div>
      </Disclosure>
    </li>
  );
}
