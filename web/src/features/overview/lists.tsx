// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Widgets that list things: connectors by state, what needs attention, the newest sessions. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { BatteryCharging, CircleCheck, TriangleAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Overview, Transaction } from "@/api/types.gen";
import type { Concern } from "@/features/overview/attention";
import { concernsQuery, nowQuery, recentQuery, useListPath, useOverviewSite } from "@/features/overview/data";
import styles from "@/features/overview/overview.module.css";
import { Ago, Badge, Button, cx, EmptyState, ErrorState, Loading, Skeleton, StatusBadge, TextLink } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { appPath } from "@/lib/search";

const SHOWN = 6;

/** What a widget shows while it has nothing yet, or could not be read. */
export function Content<Data>({
  query,
  children,
  height = "12rem",
}: {
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
  height?: string;
}) {
  const { data, error, refetch } = query;
  if (data !== undefined) return children(data);
  if (error) return <ErrorState isCompact problem={error} onRetry={() => void refetch()} />;
  return (
    <Loading>
      <Skeleton variant="block" height={height} />
    </Loading>
  );
}

const FAMILIES = [
  ["available", "/chargers?online=true"],
  ["in_use", "/sessions?tab=active"],
  ["reserved", "/reservations"],
  ["unavailable", "/chargers?status=unavailable"],
  ["faulted", "/chargers?view=faulted"],
  ["offline", "/chargers?view=offline"],
] as const;

export function Connectors() {
  const query = useQuery(nowQuery(useOverviewSite()));
  return <Content query={query}>{({ connectors }) => <Families connectors={connectors} />}</Content>;
}

function Families({ connectors }: Pick<Overview, "connectors">) {
  const { t } = useTranslation("overview");
  const { t: kit } = useTranslation("kit");
  const format = useFormat();
  const wayTo = useListPath();
  const { total } = connectors;
  return (
    <>
      <ul className={styles.families}>
        {FAMILIES.map(([family, to]) => (
          <li key={family} className={styles.family}>
            <span>
              <StatusBadge family={family} size="sm" />
            </span>
            <span className={styles.track} aria-hidden>
              <span
                className={cx(styles.fill, styles[family])}
                style={{ inlineSize: `${total ? (connectors[family] / total) * 100 : 0}%` }}
              />
            </span>
            <TextLink
              to={wayTo(to)}
              aria-label={t("connectors.of", {
                status: kit(`status.${family}`),
                number: format.number(connectors[family]),
              })}
            >
              {format.number(connectors[family])}
            </TextLink>
          </li>
        ))}
      </ul>
      <p className={styles.note}>
        {t("connectors.total", { number: format.number(total) })}
        {connectors.unknown > 0 && ` · ${t("connectors.unknown", { number: format.number(connectors.unknown) })}`}
      </p>
    </>
  );
}

export function NeedsAttention() {
  const { t } = useTranslation("overview");
  const may = useMay();
  const format = useFormat();
  const [isAll, setAll] = useState(false);
  const wayTo = useListPath();
  const query = useQuery(concernsQuery(useOverviewSite(), may("transaction:transaction:read")));
  return (
    <Content query={query}>
      {({ list, isWhole }) =>
        list.length === 0 ? (
          <EmptyState
            isCompact
            icon={<CircleCheck aria-hidden />}
            title={t("attention.none")}
            text={t("attention.noneText")}
          />
        ) : (
          <>
            <ul className={styles.rows}>
              {(isAll ? list : list.slice(0, SHOWN)).map((concern) => (
                <ConcernRow key={concern.chargerId} concern={concern} />
              ))}
            </ul>
            <div className={styles.foot}>
              {list.length > SHOWN && (
                <Button size="sm" variant="quiet" onPress={() => setAll(!isAll)} aria-expanded={isAll}>
                  {isAll ? t("attention.fewer") : t("attention.more", { number: format.number(list.length - SHOWN) })}
                </Button>
              )}
              {!isWhole && <TextLink to={wayTo("/chargers?view=offline")}>{t("attention.list")}</TextLink>}
            </div>
          </>
        )
      }
    </Content>
  );
}

function ConcernRow({ concern }: { concern: Concern }) {
  const { t } = useTranslation("overview");
  const { t: words } = useTranslation("sessions");
  const format = useFormat();
  const seesAlerts = useMay()("alert:alert:read");
  const { chargerId, name, isOffline, isFaulted, errorCode, since, sessions } = concern;
  const [first] = sessions;
  const code = errorCode && errorCode !== "NoError" ? errorCode : null;
  return (
    <li className={styles.row}>
      <span className={styles.who}>
        <TextLink to={`/chargers/${encodeURIComponent(chargerId)}`}>{name ?? chargerId}</TextLink>
        {name && <span className={styles.note}>{chargerId}</span>}
      </span>
      <span className={styles.badges}>
        {isFaulted && <StatusBadge family="faulted" size="sm" />}
        {isOffline && <StatusBadge family="offline" size="sm" />}
        {code && <code className={styles.note}>{code}</code>}
        {seesAlerts && (isFaulted || isOffline) && (
          <span className={styles.above}>
            <TextLink
              to={appPath("/alerts", { charger: chargerId })}
              aria-label={t("attention.alertsOf", { charger: name ?? chargerId })}
            >
              {t("attention.alerts")}
            </TextLink>
          </span>
        )}
        {first && (
          <span className={styles.above}>
            <Badge tone="warning" icon={<TriangleAlert aria-hidden />}>
              <TextLink isQuiet to={`/sessions/${encodeURIComponent(first.id)}`}>
                {sessions.length > 1
                  ? t("attention.sessions", { number: format.number(sessions.length) })
                  : t("attention.session", { why: words(`attention.${first.attention[0] ?? "not_ended"}`) })}
              </TextLink>
            </Badge>
          </span>
        )}
      </span>
      <span className={styles.note}>{since && <Ago at={since} />}</span>
    </li>
  );
}

export function RecentSessions() {
  const { t } = useTranslation("overview");
  return (
    <Content query={useQuery(recentQuery(useOverviewSite()))}>
      {(list) =>
        list.length === 0 ? (
          <EmptyState
            isCompact
            icon={<BatteryCharging aria-hidden />}
            title={t("recent.none")}
            text={t("recent.noneText")}
          />
        ) : (
          <ul className={styles.rows}>
            {list.map((each) => (
              <SessionRow key={each.id} session={each} />
            ))}
          </ul>
        )
      }
    </Content>
  );
}

function SessionRow({ session }: { session: Transaction }) {
  const { t } = useTranslation("overview");
  const { t: words } = useTranslation("sessions");
  const format = useFormat();
  const {
    id,
    charger_id: charger,
    charger_name: name,
    id_tag: tag,
    energy_wh: energy,
    power_w: power,
    status,
  } = session;
  return (
    <li className={styles.row}>
      <span className={styles.who}>
        <TextLink
          to={`/sessions/${encodeURIComponent(id)}`}
          aria-label={t("recent.open", { charger: name ?? charger, tag: tag ?? "–" })}
        >
          {name ?? charger}
        </TextLink>
        <span className={styles.note}>{tag ?? "–"}</span>
      </span>
      <span className={styles.badges}>
        {status === "active" ? (
          <StatusBadge
            family="in_use"
            size="sm"
            label={words(session.phase ? `phases.${session.phase}` : "status.active")}
          />
        ) : (
          <Badge tone={status === "suspect" ? "warning" : "neutral"}>{words(`status.${status}`)}</Badge>
        )}
      </span>
      <span className={styles.figures}>
        <span>{energy === null ? "–" : format.energy(energy)}</span>
        <span className={styles.note}>
          {status === "active" && power !== null ? (
            format.power(power)
          ) : (
            <Ago at={session.stop_timestamp ?? session.created_at} />
          )}
        </span>
      </span>
    </li>
  );
}
