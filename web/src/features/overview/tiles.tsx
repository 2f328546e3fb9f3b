// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Single figures, each of which leads to the list of what it counts. */
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Overview } from "@/api/types.gen";
import { nowQuery, useListPath, useOverviewSite } from "@/features/overview/data";
import type { Kind } from "@/features/overview/layout";
import styles from "@/features/overview/overview.module.css";
import { ErrorState, Skeleton, TextLink } from "@/kit";
import { useFormat, type Format } from "@/lib/format";

interface Figure {
  /** To the list of what it counts, where there is such a screen. */
  to?: string;
  value: string;
  note: ReactNode;
  isBad?: boolean;
}

type Words = TFunction<"overview">;

const FIGURES: Partial<Record<Kind, (now: Overview, t: Words, format: Format) => Figure>> = {
  online: ({ chargers: { online, offline, total } }, t, format) => ({
    to: offline > 0 ? "/chargers?view=offline" : "/chargers",
    value: total ? format.percent(online / total, 0) : "–",
    note: t("tiles.online", { online: format.number(online), total: format.number(total) }),
    isBad: offline > 0,
  }),
  sessions: ({ transactions: { active, suspect } }, t, format) => ({
    to: suspect > 0 ? "/sessions?tab=attention" : "/sessions?tab=active",
    value: format.number(active),
    note: suspect ? t("tiles.suspect", { number: format.number(suspect) }) : t("tiles.noSuspect"),
    isBad: suspect > 0,
  }),
  power_now: ({ power: { watts, transactions, without } }, t, format) => ({
    to: "/sessions?tab=active",
    value: format.power(watts),
    note: without
      ? t("tiles.powerWithout", { number: format.number(transactions), without: format.number(without) })
      : t("tiles.power", { number: format.number(transactions) }),
  }),
  energy_today: ({ today, yesterday }, t, format) => ({
    to: "/reports?kind=energy",
    value: format.energy(today.energy_wh),
    note: t("tiles.energy", { energy: format.energy(yesterday.energy_wh) }),
  }),
  available: ({ connectors: { available, total, faulted } }, t, format) => ({
    to: faulted > 0 ? "/chargers?view=faulted" : "/chargers?online=true",
    value: format.number(available),
    note: faulted
      ? t("tiles.faulted", { number: format.number(faulted) })
      : t("tiles.available", { total: format.number(total) }),
    isBad: faulted > 0,
  }),
  alerts: ({ alerts }, t, format) => {
    const { critical, warning, info, unacknowledged } = alerts ?? {
      critical: 0,
      warning: 0,
      info: 0,
      unacknowledged: 0,
    };
    return {
      to: unacknowledged ? "/alerts" : "/alerts?tab=acknowledged",
      value: format.number(critical + warning + info),
      note: critical
        ? t("tiles.critical", { number: format.number(critical) })
        : unacknowledged
          ? t("tiles.unacknowledged", { number: format.number(unacknowledged) })
          : t("tiles.acknowledged"),
      isBad: critical > 0,
    };
  },
};

export function Tile({ kind, title }: { kind: Kind; title: string }) {
  const { t } = useTranslation("overview");
  const format = useFormat();
  const id = useId();
  const wayTo = useListPath();
  const { data, error, refetch } = useQuery(nowQuery(useOverviewSite()));
  const figure = data && FIGURES[kind]?.(data, t, format);
  return (
    <section className={styles.tile} aria-labelledby={id}>
      <h2 id={id} className={styles.label}>
        {figure?.to ? <TextLink to={wayTo(figure.to)}>{title}</TextLink> : title}
      </h2>
      {figure ? (
        <>
          <p className={styles.value}>{figure.value}</p>
          <p className={figure.isBad ? styles.bad : styles.note}>{figure.note}</p>
        </>
      ) : error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton lines={2} />
      )}
    </section>
  );
}
