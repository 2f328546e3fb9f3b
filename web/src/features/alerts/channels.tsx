// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The ways to people. */
import { Megaphone, Plus } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { testNotificationChannel } from "@/api/sdk.gen";
import type { Channel } from "@/api/types.gen";
import { channelRows, loadChannels } from "@/features/alerts/rules-api";
import type { PartProps } from "@/features/alerts/rules-list";
import {
  Badge,
  Button,
  DataGrid,
  EmptyState,
  Panel,
  SearchBox,
  toast,
  Toolbar,
  type GridColumn,
  type MenuAction,
} from "@/kit";
import { useAppearance } from "@/lib/appearance";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";
import { appPath } from "@/lib/search";

const Dialogs = lazy(() =>
  import("@/features/alerts/channel-dialogs").then((file) => ({ default: file.ChannelDialogs })),
);

export interface AskedChannel {
  kind: "add" | "edit" | "toggle" | "delete";
  channel: Channel | null;
}

function useColumns(): GridColumn<Channel>[] {
  const { t } = useTranslation("alert-rules");
  const { t: alerts } = useTranslation("alerts");
  const language = useAppearance((state) => state.language);
  return useMemo(() => {
    const languages = new Intl.DisplayNames(language, { type: "language" });
    return [
      { id: "name", label: t("columns.name"), width: 200, render: ({ name }) => name },
      { id: "kind", label: t("columns.kind"), width: 170, render: ({ kind }) => t(`kind.${kind}`) },
      {
        id: "target",
        label: t("columns.target"),
        width: 280,
        render: ({ target }) => <span title={target}>{target}</span>,
      },
      {
        id: "language",
        label: t("columns.language"),
        width: 120,
        render: ({ language: id }) => languages.of(id) ?? id,
      },
      {
        id: "enabled",
        label: alerts("columns.status"),
        width: 110,
        render: ({ enabled }) => (
          <Badge tone={enabled ? "success" : "neutral"}>{t(enabled ? "channel.enabled" : "state.off")}</Badge>
        ),
      },
    ];
  }, [t, alerts, language]);
}

/** Sends a message now, and says what came of it. */
function useTrial(): (channel: Channel) => Promise<void> {
  const { t } = useTranslation("alert-rules");
  return async ({ id, name }) => {
    const done = toast({ title: t("trial.pending", { name }), timeout: null });
    try {
      const { data } = await testNotificationChannel({ path: { channel_id: id }, throwOnError: true });
      toast({
        tone: data.sent ? (data.error ? "warning" : "success") : "danger",
        title: t(data.sent ? "trial.sent" : "trial.failed", { name }),
        text: data.error ?? undefined,
      });
    } catch (error) {
      toast({ tone: "danger", title: t("trial.failed", { name }), text: problemOf(error).message });
    } finally {
      done();
    }
  };
}

export function ChannelsList({ search, onSearch }: PartProps) {
  const { t } = useTranslation("alert-rules");
  const mayWrite = useMay()("notification:channel:write");
  const [asked, setAsked] = useState<AskedChannel | null>(null);
  const test = useTrial();
  const list = useServerList<Channel>({
    queryKey: ["channels", "list", search.q ?? null],
    rows: channelRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadChannels(search.q, cursor, signal),
  });
  const actions = (channel: Channel): MenuAction[] => {
    const ask = (kind: AskedChannel["kind"]) => () => setAsked({ kind, channel });
    const sent = appPath("/alerts/rules", { tab: "messages", channel: [channel.id] });
    const messages: MenuAction = { id: "messages", label: t("actions.messages"), to: sent };
    if (!mayWrite) return [messages];
    return [
      { id: "test", label: t("actions.send"), onAction: () => void test(channel) },
      { id: "edit", label: t("actions.edit"), onAction: ask("edit") },
      { id: "toggle", label: t(channel.enabled ? "actions.off" : "actions.on"), onAction: ask("toggle") },
      messages,
      { id: "delete", label: t("actions.delete"), isDanger: true, startsGroup: true, onAction: ask("delete") },
    ];
  };
  const add = mayWrite && (
    <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setAsked({ kind: "add", channel: null })}>
      {t("channel.add")}
    </Button>
  );
  const edit = (id: string) => setAsked({ kind: "edit", channel: channelRows.get(id) ?? null });
  return (
    <Panel>
      <Toolbar end={add}>
        <SearchBox
          label={t("channel.search")}
          value={search.q}
          onSearch={(q) => onSearch({ ...search, q: q || undefined })}
        />
      </Toolbar>
      <DataGrid<Channel>
        label={t("tabs.channels")}
        columns={useColumns()}
        {...list.grid}
        rowName={({ name }) => name}
        actions={actions}
        onOpen={mayWrite ? edit : undefined}
        empty={
          <EmptyState
            icon={search.q ? undefined : <Megaphone aria-hidden />}
            title={t(search.q ? "channel.noneFound" : "channel.noneYet")}
            text={t(search.q ? "filteredText" : "channel.noneText")}
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
