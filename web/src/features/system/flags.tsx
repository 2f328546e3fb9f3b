// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Feature flags: what is on, for whom, and who switched it. */
import { useQuery } from "@tanstack/react-query";
import { Flag, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { listFeatureFlags } from "@/api/sdk.gen";
import type { FlagItem } from "@/api/types.gen";
import {
  Ago,
  Badge,
  Button,
  Card,
  EmptyState,
  ErrorState,
  Loading,
  MenuButton,
  Skeleton,
  Table,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const Dialogs = lazy(() => import("@/features/system/flag-dialogs").then((file) => ({ default: file.FlagDialogs })));
const MOST = 100;

export interface AskedOfFlag {
  kind: "add" | "edit" | "delete" | "history" | "switch";
  flag: FlagItem | null;
}

export const flagsQuery = {
  queryKey: ["flags", "list"],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await listFeatureFlags({ query: { limit: MOST }, signal, throwOnError: true })).data.items,
};

export function Flags() {
  const { t } = useTranslation("system");
  const may = useMay();
  const { data, error, refetch } = useQuery(flagsQuery);
  const [asked, setAsked] = useState<AskedOfFlag | null>(null);
  const mayWrite = may("system:flag:write");
  const add = mayWrite && (
    <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setAsked({ kind: "add", flag: null })}>
      {t("flags.add")}
    </Button>
  );
  return (
    <Card
      title={t("flags.title")}
      description={t("flags.text")}
      isFlush={Boolean(data?.length)}
      actions={data?.length ? add : null}
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : data.length ? (
        <List flags={data} mayWrite={mayWrite} onAsk={setAsked} />
      ) : (
        <EmptyState icon={<Flag aria-hidden />} title={t("flags.none")} text={t("flags.noneText")} action={add} />
      )}
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Card>
  );
}

interface ListProps {
  flags: readonly FlagItem[];
  mayWrite: boolean;
  onAsk: (asked: AskedOfFlag) => void;
}

function List({ flags, mayWrite, onAsk }: ListProps) {
  const { t } = useTranslation("system");
  const format = useFormat();
  const actions = (flag: FlagItem): MenuAction[] => {
    const ask = (kind: AskedOfFlag["kind"]) => () => onAsk({ kind, flag });
    const history: MenuAction = { id: "history", label: t("settings.history"), onAction: ask("history") };
    if (!mayWrite) return [history];
    return [
      { id: "switch", label: t(flag.enabled ? "flags.switchOff" : "flags.switchOn"), onAction: ask("switch") },
      { id: "edit", label: t("flags.edit"), onAction: ask("edit") },
      history,
      { id: "delete", label: t("flags.delete"), isDanger: true, startsGroup: true, onAction: ask("delete") },
    ];
  };
  return (
    <Table
      label={t("flags.title")}
      rows={flags}
      rowId={({ key }) => key}
      columns={[
        {
          id: "key",
          label: t("flags.key"),
          sortValue: ({ key }) => key,
          render: ({ key, description }) => (
            <span>
              <span className="mono">{key}</span>
              {description && (
                <>
                  <br />
                  <span className="soft">{description}</span>
                </>
              )}
            </span>
          ),
        },
        {
          id: "enabled",
          label: t("flags.state"),
          render: ({ enabled }) => (
            <Badge tone={enabled ? "success" : "neutral"}>{t(enabled ? "settings.on" : "settings.off")}</Badge>
          ),
        },
        { id: "type", label: t("flags.type"), render: ({ type }) => t(`flags.types.${type}`) },
        {
          id: "default",
          label: t("flags.defaultVariant"),
          render: ({ default_variant: name, variants }) => (
            <bdi className="mono">
              {name} = {JSON.stringify(variants[name])}
            </bdi>
          ),
        },
        {
          id: "rules",
          label: t("flags.rules"),
          align: "end",
          render: ({ rules }) => format.number(rules.length),
        },
        { id: "updated", label: t("flags.updated"), render: ({ updated_at: at }) => <Ago at={at} /> },
        {
          id: "actions",
          label: t("flags.actions"),
          isLabelHidden: true,
          align: "end",
          render: (flag) => (
            <MenuButton label={t("flags.actionsFor", { name: flag.key })} isIconOnly items={actions(flag)} />
          ),
        },
      ]}
    />
  );
}
