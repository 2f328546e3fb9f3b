// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Alerts by their cause, and one by one: what is chosen in either is handled at once. */
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Alert, AlertGroup } from "@/api/types.gen";
import { useMay } from "@/app/me";
import styles from "@/features/alerts/alerts.module.css";
import { alertRows, groupRows, loadAlerts, loadGroups } from "@/features/alerts/api";
import {
  alertPath,
  chargerNameOf,
  chargerPath,
  groupPath,
  stands,
  type AlertFilter,
  type AlertsQuery,
  type GroupsQuery,
} from "@/features/alerts/model";
import { AlertStatus, Handling, Sizes, useCause, useGroupName, useHandling, useWhere } from "@/features/alerts/parts";
import {
  Ago,
  Badge,
  BulkBar,
  DataGrid,
  NOTHING_SELECTED,
  SeverityBadge,
  type GridColumn,
  type GridSelection,
  type GridSort,
  type MenuAction,
} from "@/kit";
import { useServerList } from "@/lib/lists";

const HANDLE = "alert:alert:handle";

/** What was chosen in another list may not be in this one. */
function useSelection(wanted: string) {
  const [selection, setSelection] = useState<GridSelection>(NOTHING_SELECTED);
  const [shown, setShown] = useState(wanted);
  if (shown !== wanted) {
    setShown(wanted);
    setSelection(NOTHING_SELECTED);
  }
  return [selection, setSelection] as const;
}

interface Common {
  status: string;
  sort?: GridSort;
  onSort?: (sort: GridSort) => void;
  empty?: ReactNode;
}

function useGroupColumns(): GridColumn<AlertGroup>[] {
  const { t } = useTranslation("alerts");
  const where = useWhere();
  return useMemo(
    () => [
      {
        id: "cause",
        label: t("columns.cause"),
        width: 200,
        render: ({ kind, rule_name: rule, outage, title }) => (
          <span title={title ?? rule}>
            {t(`kinds.${kind}`, { defaultValue: rule })} {outage && <Badge tone="danger">{t("group.outage")}</Badge>}
          </span>
        ),
      },
      {
        id: "urgency",
        label: t("columns.severity"),
        width: 130,
        sortable: true,
        render: ({ severity }) => <SeverityBadge severity={severity} />,
      },
      { id: "site", label: t("columns.site"), width: 140, render: where },
      {
        id: "alerts",
        label: t("columns.alerts"),
        width: 150,
        sortable: true,
        render: (group) => <Sizes group={group} />,
      },
      {
        id: "chargers",
        label: t("columns.chargers"),
        width: 150,
        render: ({ examples, chargers }) =>
          examples?.length ? [examples.join(", "), chargers > examples.length && "…"].filter(Boolean).join(", ") : "–",
      },
      {
        id: "first_at",
        label: t("columns.raised"),
        width: 120,
        sortable: true,
        render: ({ first_at: at }) => <Ago at={at} />,
      },
      {
        id: "last_at",
        label: t("columns.last"),
        width: 120,
        isHidden: true,
        sortable: true,
        render: ({ last_at: at }) => <Ago at={at} />,
      },
      {
        id: "assignee",
        label: t("columns.assignee"),
        width: 120,
        render: ({ assigned_name: name, assigned }) => name ?? (assigned ? t("group.several") : "–"),
      },
    ],
    [t, where],
  );
}

export function GroupsGrid({ query, status, sort, onSort, empty }: Common & { query: GroupsQuery }) {
  const { t } = useTranslation("alerts");
  const navigate = useNavigate();
  const mayHandle = useMay()(HANDLE);
  const nameOf = useGroupName();
  const wanted = JSON.stringify(query);
  const [selection, setSelection] = useSelection(wanted);
  const clear = () => setSelection(NOTHING_SELECTED);
  const { menu, dialogs } = useHandling(clear);
  const list = useServerList<AlertGroup>({
    queryKey: ["alerts", "groups", query],
    rows: groupRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadGroups(query, cursor, signal),
  });
  const actions = (group: AlertGroup): MenuAction[] => {
    const target = { groups: [group.id], status };
    const handled = { target, count: countOf(group, status), name: nameOf(group), isSeen: status === "acknowledged" };
    const open: MenuAction = { id: "open", label: t("actions.open"), to: groupPath(group) };
    return mayHandle ? [open, ...menu(handled)] : [open];
  };
  const chosen = [...selection.ids];
  const count = chosen.reduce((sum, id) => sum + countOf(groupRows.get(id), status), 0);
  return (
    <>
      <DataGrid<AlertGroup>
        keptAs="alert_groups"
        label={t("view.groups")}
        columns={useGroupColumns()}
        {...list.grid}
        rowName={nameOf}
        sort={sort}
        onSort={onSort}
        onOpen={(id) => void navigate({ to: pathOf(id) })}
        href={groupPath}
        actions={actions}
        selection={mayHandle ? selection : undefined}
        onSelection={mayHandle ? setSelection : undefined}
        toolbar={
          list.ids.length > 0 && (
            <span className={styles.count}>
              {t(list.isWhole ? "list.groups" : "list.aboutGroups", { count: list.total })}
            </span>
          )
        }
        empty={empty}
      />
      {mayHandle && (
        <BulkBar selection={selection} onSelection={setSelection}>
          <Handling
            size="sm"
            target={{ groups: chosen, status }}
            count={count}
            isSeen={status === "acknowledged"}
            onDone={clear}
          />
        </BulkBar>
      )}
      {dialogs}
    </>
  );
}

function pathOf(id: string): string {
  return groupPath(groupRows.get(id) ?? { id, alert: null });
}

function countOf(group: AlertGroup | undefined, status: string): number {
  if (!group) return 0;
  const { open, acknowledged, snoozed } = group;
  return { open, acknowledged, snoozed }[status] ?? 0;
}

function useAlertColumns(hasStatus: boolean): GridColumn<Alert>[] {
  const { t } = useTranslation("alerts");
  const causeOf = useCause();
  return useMemo(() => {
    const all: (GridColumn<Alert> | false)[] = [
      {
        id: "cause",
        label: t("columns.cause"),
        width: 200,
        render: (alert) => <span title={causeOf(alert)}>{causeOf(alert)}</span>,
      },
      {
        id: "charger",
        label: t("columns.charger"),
        width: 170,
        render: (alert) =>
          alert.is_group ? (
            t("group.alerts", { count: alert.members ?? 0 })
          ) : alert.charger_id === null ? (
            t("where.installation")
          ) : (
            <>
              {alert.charger_id}
              {alert.connector_id !== null && ` · ${alert.connector_id}`}{" "}
              <span className={styles.soft}>{chargerNameOf(alert)}</span>
            </>
          ),
      },
      {
        id: "severity",
        label: t("columns.severity"),
        width: 130,
        render: ({ severity }) => <SeverityBadge severity={severity} />,
      },
      hasStatus && {
        id: "status",
        label: t("columns.status"),
        width: 135,
        render: ({ status }) => <AlertStatus status={status} />,
      },
      {
        id: "first_at",
        label: t("columns.raised"),
        width: 120,
        sortable: true,
        render: ({ first_at: at }) => <Ago at={at} />,
      },
      {
        id: "last_at",
        label: t("columns.last"),
        width: 120,
        isHidden: true,
        sortable: true,
        render: ({ last_at: at }) => <Ago at={at} />,
      },
      { id: "count", label: t("columns.count"), width: 80, align: "end", render: ({ count }) => count },
      { id: "assignee", label: t("columns.assignee"), width: 120, render: ({ assigned_name: name }) => name ?? "–" },
    ];
    return all.filter((each) => each !== false);
  }, [t, causeOf, hasStatus]);
}

interface AlertsGridProps extends Common {
  query: AlertsQuery;
  /** All that the list has, for what is done to all of it. */
  filter: AlertFilter;
  /** Alerts of several states are among them. */
  hasStatus?: boolean;
  label?: string;
  height?: string;
  /** Under which name the columns are kept as somebody arranged them. */
  keptAs?: string;
}

export function AlertsGrid(props: AlertsGridProps) {
  const { query, filter, status, hasStatus, label, height, keptAs, sort, onSort, empty } = props;
  const { t } = useTranslation("alerts");
  const navigate = useNavigate();
  const mayHandle = useMay()(HANDLE) && status !== "resolved";
  const causeOf = useCause();
  const nameOf = (alert: Alert) => [causeOf(alert), alert.charger_id].filter(Boolean).join(" · ");
  const wanted = JSON.stringify(query);
  const [selection, setSelection] = useSelection(wanted);
  const clear = () => setSelection(NOTHING_SELECTED);
  const { menu, dialogs } = useHandling(clear);
  const list = useServerList<Alert>({
    queryKey: ["alerts", "list", query],
    rows: alertRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadAlerts(query, cursor, signal),
  });
  const actions = (alert: Alert): MenuAction[] => {
    const found: MenuAction[] = [{ id: "open", label: t("actions.open"), to: alertPath(alert.id) }];
    if (alert.charger_id !== null)
      found.push({ id: "charger", label: t("actions.charger"), to: chargerPath(alert.charger_id) });
    if (stands(alert) && (alert.can?.acknowledge_alert ?? mayHandle))
      found.push(
        ...menu({
          target: { ids: [alert.id] },
          count: 1,
          name: nameOf(alert),
          isSeen: alert.status === "acknowledged",
        }),
      );
    return found;
  };
  const target = selection.isAll ? { filter } : { ids: [...selection.ids] };
  return (
    <>
      <DataGrid<Alert>
        keptAs={keptAs}
        label={label ?? t("view.list")}
        columns={useAlertColumns(hasStatus ?? false)}
        {...list.grid}
        rowName={nameOf}
        sort={sort}
        onSort={onSort}
        onOpen={(id) => void navigate({ to: alertPath(id) })}
        href={({ id }) => alertPath(id)}
        actions={actions}
        selection={mayHandle ? selection : undefined}
        onSelection={mayHandle ? setSelection : undefined}
        height={height}
        toolbar={
          list.ids.length > 0 && (
            <span className={styles.count}>
              {t(list.isWhole ? "list.alerts" : "list.aboutAlerts", { count: list.total })}
            </span>
          )
        }
        empty={empty}
      />
      {mayHandle && (
        <BulkBar selection={selection} onSelection={setSelection} total={list.total}>
          <Handling
            size="sm"
            target={target}
            count={selection.isAll ? list.total : selection.ids.size}
            isSeen={status === "acknowledged"}
            onDone={clear}
          />
        </BulkBar>
      )}
      {dialogs}
    </>
  );
}
