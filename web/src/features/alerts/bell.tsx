// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The bell at the top of every screen: how many causes are open, and the latest of them. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Bell as BellIcon, CircleCheckBig } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { listAlertGroups } from "@/api/sdk.gen";
import styles from "@/features/alerts/bell.module.css";
import { groupPath } from "@/features/alerts/model";
import { Sizes, useGroupName } from "@/features/alerts/parts";
import {
  Ago,
  EmptyState,
  ErrorState,
  IconButton,
  LinkButton,
  Loading,
  Popover,
  SeverityBadge,
  Skeleton,
  TextLink,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { throttled } from "@/lib/lists";
import { hear, onResync, useLive } from "@/lib/live";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

const KEY = ["alerts", "bell"];
const COUNTED = 100;
const SHOWN = 6;
const AGGREGATES_MS = 5_000;
/** Of an outage nothing is heard by whoever sees some sites only. */
const AGAIN_MS = 60_000;

export function Bell() {
  return useMay()("alert:alert:read") ? <Ringing /> : null;
}

function useCount() {
  const { data } = useQuery({
    queryKey: [...KEY, "count"],
    queryFn: async ({ signal }) => {
      const query = { status: ["open" as const], limit: COUNTED, fields: "id,severity" };
      const { data: page } = await listAlertGroups({ query, signal, throwOnError: true });
      return {
        count: page.items.length,
        isMore: page.next_cursor !== null,
        isCritical: page.items.some(({ severity }) => severity === "critical"),
      };
    },
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  });
  useEffect(() => {
    const again = throttled(() => {
      if (!useLive.getState().paused) void queries.invalidateQueries({ queryKey: KEY });
    }, AGGREGATES_MS);
    const stops = [hear(["alert_changed"], again.call), onResync(again.call)];
    return () => {
      again.stop();
      for (const stop of stops) stop();
    };
  }, []);
  return data;
}

function Ringing() {
  const { t } = useTranslation("alerts");
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const { count = 0, isMore = false, isCritical = false } = useCount() ?? {};
  const number = isMore ? `${format.number(COUNTED)}+` : format.number(count);
  return (
    <Popover
      label={t("bell.label")}
      placement="bottom end"
      isOpen={isOpen}
      onOpenChange={setOpen}
      hasPadding={false}
      trigger={
        <IconButton
          label={count ? t("bell.open", { count }) : t("bell.none")}
          icon={
            <span className={styles.icon}>
              <BellIcon aria-hidden />
              {count > 0 && (
                <span aria-hidden className={isCritical ? styles.critical : styles.count}>
                  {number}
                </span>
              )}
            </span>
          }
        />
      }
    >
      {(close) => <Latest onLeave={close} />}
    </Popover>
  );
}

function Latest({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation("alerts");
  const nameOf = useGroupName();
  const { data, error, refetch } = useQuery({
    queryKey: [...KEY, "latest"],
    queryFn: async ({ signal }) => {
      const query = { status: ["open" as const], limit: SHOWN, sort: "-last_at" as const };
      return (await listAlertGroups({ query, signal, throwOnError: true })).data.items;
    },
  });
  return (
    <div className={styles.panel}>
      <h2 className={styles.title}>{t("bell.label")}</h2>
      {data ? (
        data.length ? (
          <ul className={styles.list}>
            {data.map((group) => (
              <li key={group.id} className={styles.item}>
                <TextLink to={groupPath(group)} onPress={onLeave}>
                  {nameOf(group)}
                </TextLink>
                <span className={styles.facts}>
                  <SeverityBadge severity={group.severity} />
                  <span>
                    {group.examples?.length === 1 && group.alerts === 1 ? group.examples[0] : <Sizes group={group} />}
                  </span>
                  <span className={styles.at}>
                    <Ago at={group.last_at} />
                  </span>
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <EmptyState isCompact icon={<CircleCheckBig aria-hidden />} title={t("bell.none")} />
        )
      ) : error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <Skeleton lines={5} />
        </Loading>
      )}
      <LinkButton to="/alerts" onPress={onLeave}>
        {t("bell.all")}
      </LinkButton>
    </div>
  );
}
