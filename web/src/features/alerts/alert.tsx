// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One alert: what it is about, what was done about it, and by whom. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Alert, AlertEvent } from "@/api/types.gen";
import { useMay } from "@/app/me";
import styles from "@/features/alerts/alerts.module.css";
import { alertQuery, comment, historyQuery, reopen, useLiveAlerts } from "@/features/alerts/api";
import { AlertsGrid } from "@/features/alerts/grids";
import { chargerNameOf, chargerPath, saidOf, stands, toldOf } from "@/features/alerts/model";
import { AlertStatus, Handling, useCause } from "@/features/alerts/parts";
import {
  Ago,
  Button,
  Card,
  ErrorState,
  Form,
  FormActions,
  KeyValue,
  Loading,
  NoPermission,
  PageHeader,
  SeverityBadge,
  Skeleton,
  TextArea,
  TextLink,
  Timeline,
  toast,
  type Fact,
  type TimelineItem,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { problemOf } from "@/lib/problems";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/alerts/$alertId");
const READ = "alert:alert:read";
const WORDS_MAX = 2_000;

export function AlertPage() {
  const { t } = useTranslation("alerts");
  const { alertId } = route.useParams();
  const may = useMay();
  useLiveAlerts();
  const { data, error, refetch } = useQuery({ ...alertQuery(alertId), enabled: may(READ) });
  if (data) return <One alert={data} />;
  return (
    <>
      <PageHeader
        title={t("one.title")}
        breadcrumbs={[{ label: t("title"), to: "/alerts" }, { label: t("one.title") }]}
      />
      {!may(READ) ? (
        <NoPermission permission={READ} />
      ) : error ? (
        <ErrorState problem={error} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <Skeleton variant="block" height="12rem" />
        </Loading>
      )}
    </>
  );
}

function One({ alert }: { alert: Alert }) {
  const { t } = useTranslation("alerts");
  const causeOf = useCause();
  const mayHandle = useMay()("alert:alert:handle");
  const { id, severity, status, charger_id: charger, is_group: isOutage, members } = alert;
  const about = isOutage ? t("group.alerts", { count: members ?? 0 }) : charger;
  const name = [causeOf(alert), about].filter(Boolean).join(" · ");
  const count = isOutage ? (alert.members_open ?? 1) : 1;
  return (
    <div className={styles.page}>
      <PageHeader
        title={name}
        status={
          <>
            <SeverityBadge severity={severity} />
            <AlertStatus status={status} />
          </>
        }
        breadcrumbs={[{ label: t("title"), to: "/alerts" }, { label: name }]}
        actions={
          (alert.can?.acknowledge_alert ?? mayHandle) &&
          (stands(alert) ? (
            <Handling target={{ ids: [id] }} count={count} name={name} isSeen={status === "acknowledged"} />
          ) : (
            !isOutage && <Reopen id={id} />
          ))
        }
      />
      <Facts alert={alert} />
      {isOutage && (
        <Card title={t("one.members")} isFlush>
          <AlertsGrid
            keptAs="alerts_of_group"
            query={{ group_id: [id], sort: "first_at" }}
            filter={{ group_id: id }}
            status={stands(alert) ? "open" : "resolved"}
            hasStatus
            label={t("one.members")}
          />
        </Card>
      )}
      <History alert={alert} mayComment={alert.can?.comment_alert ?? mayHandle} />
    </div>
  );
}

function Reopen({ id }: { id: string }) {
  const { t } = useTranslation("alerts");
  const [isPending, setPending] = useState(false);
  const run = async () => {
    setPending(true);
    try {
      await reopen(id);
      toast({ tone: "success", title: t("done.reopened") });
    } catch (error) {
      toast({ tone: "danger", title: t("done.failed"), text: problemOf(error).message });
    } finally {
      setPending(false);
    }
  };
  return (
    <Button icon={<RotateCcw aria-hidden />} isPending={isPending} onPress={() => void run()}>
      {t("actions.reopen")}
    </Button>
  );
}

function Facts({ alert }: { alert: Alert }) {
  const { t } = useTranslation("alerts");
  const format = useFormat();
  const may = useMay();
  const { charger_id: charger, connector_id: connector, rule, rule_name: ruleName, count } = alert;
  const { snoozed_until: until, resolved_at: resolved, resolved_by: by, notified_at: told, is_group: isOutage } = alert;
  const facts: (Fact | false)[] = [
    !isOutage && {
      label: t("columns.charger"),
      value: charger ? (
        <>
          <TextLink to={chargerPath(charger)}>{charger}</TextLink>{" "}
          <span className={styles.soft}>{chargerNameOf(alert)}</span>
        </>
      ) : (
        t("where.installation")
      ),
    },
    connector !== null && { label: t("columns.connector"), value: format.number(connector) },
    saidOf(alert) !== null && { label: t("one.said"), value: saidOf(alert) },
    { label: t("one.began"), value: format.dateTime(alert.began_at) },
    { label: t("columns.raised"), value: <Ago at={alert.first_at} isFocusable /> },
    { label: t("columns.last"), value: <Ago at={alert.last_at} isFocusable /> },
    count > 1 && { label: t("columns.count"), value: format.number(count) },
    { label: t("columns.assignee"), value: alert.assigned_name },
    until !== null && { label: t("snooze.until"), value: format.dateTime(until) },
    resolved !== null && {
      label: t("one.resolved"),
      value: `${format.dateTime(resolved)} · ${by === "system" ? t("one.byItself") : (by ?? "–")}`,
    },
    { label: t("one.told"), value: told === null ? t("one.toldNobody") : format.dateTime(told) },
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
  return <KeyValue items={facts.filter((each) => each !== false)} />;
}

const TONES: Partial<Record<string, TimelineItem["tone"]>> = {
  raised: "warning",
  repeated: "warning",
  woken: "warning",
  reopened: "warning",
  resolved: "success",
  acknowledged: "info",
};

function History({ alert, mayComment }: { alert: Alert; mayComment: boolean }) {
  const { t } = useTranslation("alerts");
  const { data, error, refetch } = useQuery(historyQuery(alert.id));
  const lineOf = useLine();
  return (
    <Card title={t("history.title")}>
      <div className={styles.panel}>
        {mayComment && <Comment id={alert.id} />}
        {data ? (
          <>
            <Timeline label={t("history.title")} items={data.items.map(lineOf)} />
            {data.next_cursor !== null && (
              <p className={styles.soft}>{t("history.more", { count: data.items.length })}</p>
            )}
          </>
        ) : error ? (
          <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
        ) : (
          <Loading>
            <Skeleton lines={4} />
          </Loading>
        )}
      </div>
    </Card>
  );
}

function useLine(): (event: AlertEvent) => TimelineItem {
  const { t } = useTranslation("alerts");
  const format = useFormat();
  return (event) => {
    const { id, kind, actor_name: actor, at } = event;
    const { to, until, text } = toldOf(event);
    const extra = [
      to !== undefined && (to ?? t("history.nobody")),
      until !== undefined && format.dateTime(until),
    ].filter((each) => typeof each === "string");
    return {
      id: String(id),
      title: [t(`history.${kind}`, { defaultValue: kind }), ...extra].join(": "),
      at: (
        <>
          {actor === "system" ? t("history.system") : actor} · <Ago at={at} isFocusable />
        </>
      ),
      text,
      tone: TONES[kind],
    };
  };
}

function Comment({ id }: { id: string }) {
  const { t } = useTranslation("alerts");
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const submit = async () => {
    if (!text.trim()) return;
    setPending(true);
    setProblem(null);
    try {
      await comment(id, text.trim());
      setText("");
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Form onSubmit={submit} problem={problem} names={{ text: t("comment.label") }}>
      <TextArea label={t("comment.label")} name="text" value={text} onChange={setText} maxLength={WORDS_MAX} rows={2} />
      <FormActions>
        <Button type="submit" isPending={isPending} isDisabled={!text.trim()}>
          {t("comment.do")}
        </Button>
      </FormActions>
    </Form>
  );
}
