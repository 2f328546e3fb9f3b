// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The rules that raise alerts. */
import { useQuery } from "@tanstack/react-query";
import { Plus, SlidersHorizontal } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { AlertRule } from "@/api/types.gen";
import { channelsQuery, loadRules, ruleRows } from "@/features/alerts/rules-api";
import type { RulesSearch } from "@/features/alerts/search";
import {
  Badge,
  Button,
  DataGrid,
  EmptyState,
  Panel,
  SearchBox,
  SeverityBadge,
  Toolbar,
  type GridColumn,
  type MenuAction,
} from "@/kit";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";

const Dialogs = lazy(() => import("@/features/alerts/rule-dialogs").then((file) => ({ default: file.RuleDialogs })));

export interface AskedRule {
  kind: "add" | "edit" | "test" | "toggle" | "delete";
  id: string | null;
}

export interface PartProps {
  search: RulesSearch;
  onSearch: (search: RulesSearch) => void;
}

function useColumns(): GridColumn<AlertRule>[] {
  const { t } = useTranslation("alert-rules");
  const { t: alerts } = useTranslation("alerts");
  const may = useMay();
  const channels = useQuery({ ...channelsQuery, enabled: may("notification:channel:read") }).data;
  return useMemo(
    () => [
      { id: "name", label: t("columns.name"), width: 200, render: ({ name }) => name },
      {
        id: "kind",
        label: alerts("columns.cause"),
        width: 190,
        render: ({ kind }) => alerts(`kinds.${kind}`, { defaultValue: kind }),
      },
      {
        id: "severity",
        label: alerts("columns.severity"),
        width: 130,
        render: ({ severity }) => <SeverityBadge severity={severity} />,
      },
      {
        id: "scope",
        label: t("columns.scope"),
        width: 150,
        render: ({ kind, scope: { chargers, sites, groups } }) => {
          if (kind === "disk" || kind === "failed_jobs") return alerts("where.installation");
          const parts = [
            chargers?.length && t("scope.chargers", { count: chargers.length }),
            sites?.length && t("scope.sites", { count: sites.length }),
            groups?.length && t("scope.groups", { count: groups.length }),
          ].filter((each) => typeof each === "string");
          return parts.length ? parts.join(", ") : t("scope.all");
        },
      },
      {
        id: "channels",
        label: t("tabs.channels"),
        width: 170,
        render: ({ channels: ids }) =>
          ids.length
            ? ids.map((id) => channels?.find((each) => each.id === id)?.name ?? t("channel.unknown")).join(", ")
            : t("channel.none"),
      },
      {
        id: "enabled",
        label: alerts("columns.status"),
        width: 100,
        render: ({ enabled }) => (
          <Badge tone={enabled ? "success" : "neutral"}>{t(enabled ? "state.on" : "state.off")}</Badge>
        ),
      },
      { id: "standing", label: t("columns.standing"), width: 100, align: "end", render: ({ standing }) => standing },
    ],
    [t, alerts, channels],
  );
}

export function RulesList({ search, onSearch }: PartProps) {
  const { t } = useTranslation("alert-rules");
  const mayWrite = useMay()("alert:rule:write");
  const [asked, setAsked] = useState<AskedRule | null>(null);
  const list = useServerList<AlertRule>({
    queryKey: ["alert-rules", "list", search.q ?? null],
    rows: ruleRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadRules(search.q, cursor, signal),
  });
  const actions = ({ id, enabled, can }: AlertRule): MenuAction[] => {
    const ask = (kind: AskedRule["kind"]) => () => setAsked({ kind, id });
    const found: MenuAction[] = [{ id: "test", label: t("actions.test"), onAction: ask("test") }];
    if (can?.update_alert_rule ?? mayWrite) {
      found.unshift({ id: "edit", label: t("actions.edit"), onAction: ask("edit") });
      found.push({ id: "toggle", label: t(enabled ? "actions.off" : "actions.on"), onAction: ask("toggle") });
    }
    if (can?.delete_alert_rule ?? mayWrite)
      found.push({
        id: "delete",
        label: t("actions.delete"),
        isDanger: true,
        startsGroup: true,
        onAction: ask("delete"),
      });
    return found;
  };
  const add = mayWrite && (
    <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setAsked({ kind: "add", id: null })}>
      {t("rule.add")}
    </Button>
  );
  return (
    <Panel>
      <Toolbar end={add}>
        <SearchBox
          label={t("rule.search")}
          value={search.q}
          onSearch={(q) => onSearch({ ...search, q: q || undefined })}
        />
      </Toolbar>
      <DataGrid<AlertRule>
        label={t("tabs.rules")}
        columns={useColumns()}
        {...list.grid}
        rowName={({ name }) => name}
        actions={actions}
        onOpen={(id) => setAsked({ kind: mayWrite ? "edit" : "test", id })}
        empty={
          <EmptyState
            icon={search.q ? undefined : <SlidersHorizontal aria-hidden />}
            title={t(search.q ? "rule.noneFound" : "rule.none")}
            text={t(search.q ? "filteredText" : "rule.noneText")}
            action={search.q ? <Button onPress={() => onSearch({ tab: search.tab })}>{t("clear")}</Button> : add}
          />
        }
      />
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Panel>
  );
}
