// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where the chargers are, at a glance: the map itself is a screen of its own. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import worldUrl from "world-atlas/countries-110m.json?url";

import { pointsQuery, useListPath, useOverviewSite } from "@/features/overview/data";
import { Content } from "@/features/overview/lists";
import { heapsOf, pathOf, type Heap, type Picture, pictureOf } from "@/features/overview/geography";
import styles from "@/features/overview/overview.module.css";
import { EmptyState, StatusBadge, TextLink } from "@/kit";
import { useFormat } from "@/lib/format";
import { readCountries } from "@/lib/world";

const worldQuery = {
  queryKey: ["overview", "world"],
  queryFn: () => readCountries(worldUrl),
  staleTime: Number.POSITIVE_INFINITY,
};

export function Where() {
  const { t } = useTranslation("overview");
  return (
    <Content query={useQuery(pointsQuery(useOverviewSite()))} height="15rem">
      {({ points }) => {
        const picture = pictureOf(points);
        return picture ? (
          <Seen picture={picture} heaps={heapsOf(points, picture)} />
        ) : (
          <EmptyState
            isCompact
            title={t("map.none")}
            text={t("map.noneText")}
            action={<TextLink to="/sites">{t("map.sites")}</TextLink>}
          />
        );
      }}
    </Content>
  );
}

function Seen({ picture, heaps }: { picture: Picture; heaps: Heap[] }) {
  const { t } = useTranslation("overview");
  const { t: kit } = useTranslation("kit");
  const format = useFormat();
  const wayTo = useListPath();
  const { data: world } = useQuery(worldQuery);
  const land = useMemo(() => world && pathOf(world), [world]);
  const { x, y, width, height } = picture;
  // east is on the right, whichever way one reads
  return (
    <div className={styles.where} dir="ltr">
      <svg viewBox={`${x} ${y} ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
        {land && <path d={land} vectorEffect="non-scaling-stroke" />}
      </svg>
      {heaps.map(({ key, left, top, worst, worstCount, total, name, to }) => (
        <span key={key} className={styles.heap} style={{ insetInlineStart: `${left}%`, insetBlockStart: `${top}%` }}>
          <TextLink
            to={wayTo(to)}
            isQuiet
            aria-label={t("map.heap", {
              name,
              total: format.number(total),
              number: format.number(worstCount),
              status: kit(`status.${worst}`),
            })}
          >
            <StatusBadge family={worst} size="sm" label={format.number(total)} />
          </TextLink>
        </span>
      ))}
    </div>
  );
}
