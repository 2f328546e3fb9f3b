// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Alerts of one cause: how many they are and where, and what is done to all of them. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { CircleCheckBig } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { AlertGroup } from "@/api/types.gen";
import { useMay } from "@/app/me";
import styles from "@/features/alerts/alerts.module.css";
import { groupQuery, groupRows, useLiveAlerts } from "@/features/alerts/api";
import { AlertsGrid } from "@/features/alerts/grids";
import { alertPath } from "@/features/alerts/model";
import { Handling, Sizes, useGroupName, useWhere } from "@/features/alerts/parts";
import {
  Ago,
  Badge,
  EmptyState,
  ErrorState,
  KeyValue,
  LinkButton,
  Loading,
  NoPermission,
  PageHeader,
  SeverityBadge,
  Skeleton,
  TextLink,
  type Fact,
} from "@/kit";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/alerts/groups/$key");
const READ = "alert:alert:read";
const STANDING = ["open", "acknowledged", "snoozed"] as const;

export function GroupPage() {
  const { t } = useTranslation("alerts");
  const { key } = route.useParams();
  const may = useMay();
  const { data, error, refetch } = useQuery({ ...groupQuery(key), enabled: may(READ) });
  const [last, setLast] = useState<AlertGroup | null>(() => groupRows.get(key) ?? null);
  useLiveAlerts();
  if (data && data !== last) {
    groupRows.put(key, data);
    setLast(data);
  }
  const group = data ?? (last?.id === key ? last : null);
  if (group) return <Group group={group} isOver={data === null} />;
  return (
    <>
      <PageHeader
        title={t("group.one")}
        breadcrumbs={[{ label: t("title"), to: "/alerts" }, { label: t("group.one") }]}
      />
      {!may(READ) ? (
        <NoPermission permission={READ} />
      ) : error ? (
        <ErrorState problem={error} onRetry={() => void refetch()} />
      ) : data === null ? (
        <Over />
      ) : (
        <Loading>
          <Skeleton variant="block" height="12rem" />
        </Loading>
      )}
    </>
  );
}

function Over() {
  const { t } = useTranslation("alerts");
  return (
    <EmptyState
      icon={<CircleCheckBig aria-hidden />}
      title={t("group.over")}
      text={t("group.overText")}
      action={<LinkButton to="/alerts">{t("group.back")}</LinkButton>}
    />
  );
}

function Group({ group, isOver }: { group: AlertGroup; isOver: boolean }) {
  const { t } = useTranslation("alerts");
  const name = useGroupName()(group);
  const mayHandle = useMay()("alert:alert:handle");
  const { id, severity, outage, open, acknowledged, snoozed } = group;
  const unseen = open + snoozed;
  // whoever acknowledges means what nobody has seen; the rest is done to all that stand
  const handled = { target: { filter: { group: [id] } }, count: unseen + acknowledged, name };
  return (
    <div className={styles.page}>
      <PageHeader
        title={name}
        status={
          <>
            <SeverityBadge severity={severity} />
            {outage && <Badge tone="danger">{t("group.outage")}</Badge>}
          </>
        }
        breadcrumbs={[{ label: t("title"), to: "/alerts" }, { label: name }]}
        actions={mayHandle && !isOver && <Handling {...handled} isSeen={unseen === 0} />}
      />
      {isOver ? (
        <Over />
      ) : (
        <>
          <Facts group={group} />
          <AlertsGrid
            keptAs="alerts_of_group"
            query={{ group: [id], outage: ["false"], status: [...STANDING], sort: "first_at" }}
            filter={{ group: [id], outage: "false" }}
            status="open"
            hasStatus
            label={name}
          />
        </>
      )}
    </div>
  );
}

function Facts({ group }: { group: AlertGroup }) {
  const { t } = useTranslation("alerts");
  const may = useMay();
  const where = useWhere()(group);
  const { rule, rule_name: ruleName, site_id: site, outage, assigned_name: name, assigned } = group;
  const { first_at: first, last_at: last, chargers } = group;
  const facts: Fact[] = [
    { label: t("columns.alerts"), value: <Sizes group={group} /> },
    {
      label: t("columns.site"),
      value: site && may("site:site:read") ? <TextLink to={`/sites/${site}`}>{where}</TextLink> : where,
    },
    { label: t("columns.chargers"), value: chargers },
    { label: t("columns.raised"), value: <Ago at={first} isFocusable /> },
    { label: t("columns.last"), value: <Ago at={last} isFocusable /> },
    { label: t("columns.assignee"), value: name ?? (assigned ? t("group.several") : null) },
    {
      label: t("columns.rule"),
      value:
        rule && may("alert:rule:read") ? (
          <TextLink to={appPath("/alerts/rules", { q: ruleName })}>{ruleName}</TextLink>
        ) : (
          ruleName
        ),
    },
  ];
  if (outage)
    facts.push({ label: t("history.title"), value: <TextLink to={alertPath(outage)}>{t("group.history")}</TextLink> });
  return <KeyValue items={facts} />;
}
