// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What was sent, what waits, and what was given up. */
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, Clock, MailCheck } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { resendNotification } from "@/api/sdk.gen";
import type { ListNotificationsData, Notification } from "@/api/types.gen";
import styles from "@/features/alerts/alerts.module.css";
import { channelsChanged, channelsQuery, loadMessages, messageRows } from "@/features/alerts/rules-api";
import type { PartProps } from "@/features/alerts/rules-list";
import { readRulesSearch, type RulesSearch } from "@/features/alerts/search";
import {
  Badge,
  Banner,
  Button,
  DataGrid,
  Dialog,
  DialogActions,
  EmptyState,
  ExportMenu,
  FilterBar,
  KeyValue,
  Panel,
  SearchBox,
  toast,
  Toolbar,
  type FilterDefinition,
  type GridColumn,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";
import { apiPath, without } from "@/lib/search";

const STATES = {
  sent: { icon: CircleCheck, tone: "success" },
  pending: { icon: Clock, tone: "info" },
  dead: { icon: CircleX, tone: "danger" },
} as const;
const STATUSES = ["dead", "pending", "sent"] as const;

function MessageStatus({ status }: Pick<Notification, "status">) {
  const { t } = useTranslation("alert-rules");
  const { icon: Icon, tone } = STATES[status];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {t(`message.${status}`)}
    </Badge>
  );
}

function queryOf({ q, status, channel }: RulesSearch): NonNullable<ListNotificationsData["query"]> {
  return without({ q, status, channel }) as NonNullable<ListNotificationsData["query"]>;
}

function useNames(): (channel: string) => string {
  const { t } = useTranslation("alert-rules");
  const channels = useQuery(channelsQuery).data;
  return (id) => channels?.find((each) => each.id === id)?.name ?? t("channel.unknown");
}

function useColumns(): GridColumn<Notification>[] {
  const { t } = useTranslation("alert-rules");
  const { t: alerts } = useTranslation("alerts");
  const format = useFormat();
  const channels = useQuery(channelsQuery).data;
  return useMemo(
    () => [
      {
        id: "title",
        label: t("columns.message"),
        width: 265,
        render: ({ title }) => <span title={title}>{title}</span>,
      },
      {
        id: "status",
        label: alerts("columns.status"),
        width: 130,
        render: ({ status }) => <MessageStatus status={status} />,
      },
      {
        id: "channel",
        label: t("columns.channel"),
        width: 160,
        render: ({ channel }) => channels?.find(({ id }) => id === channel)?.name ?? t("channel.unknown"),
      },
      {
        id: "created_at",
        label: t("columns.created"),
        width: 195,
        render: ({ created_at: at }) => format.dateTime(at),
      },
      { id: "attempts", label: t("columns.attempts"), width: 100, align: "end", render: ({ attempts }) => attempts },
      {
        id: "error",
        label: t("columns.error"),
        width: 250,
        render: ({ error }) => <span title={error ?? undefined}>{error ?? "–"}</span>,
      },
    ],
    [t, alerts, format, channels],
  );
}

/** Sends once more what was given up. */
function useResend(): (message: Notification) => Promise<void> {
  const { t } = useTranslation("alert-rules");
  return async ({ id }) => {
    try {
      await resendNotification({ path: { notification_id: id }, throwOnError: true });
      toast({ tone: "success", title: t("message.again") });
      channelsChanged();
    } catch (error) {
      toast({ tone: "danger", title: t("message.notAgain"), text: problemOf(error).message });
    }
  };
}

export function MessagesList({ search, onSearch }: PartProps) {
  const { t } = useTranslation("alert-rules");
  const may = useMay();
  const mayWrite = may("notification:channel:write");
  const [shown, setShown] = useState<string | null>(null);
  const resend = useResend();
  const query = queryOf(search);
  const list = useServerList<Notification>({
    queryKey: ["messages", query],
    rows: messageRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadMessages(query, cursor, signal),
  });
  const actions = (message: Notification): MenuAction[] => {
    const open: MenuAction = { id: "open", label: t("actions.read"), onAction: () => setShown(message.id) };
    const again: MenuAction = { id: "resend", label: t("actions.resend"), onAction: () => void resend(message) };
    return mayWrite && message.status === "dead" ? [open, again] : [open];
  };
  const isNarrowed = Object.keys(query).length > 0;
  const { status, channel } = search;
  return (
    <Panel>
      <Toolbar
        end={
          <ExportMenu name="notifications" path={(as) => apiPath("/api/v1/notifications", { ...query, format: as })} />
        }
      >
        <FilterBar
          filters={useFilters()}
          value={{ status, channel }}
          onChange={(values) => onSearch(readRulesSearch({ ...values, tab: search.tab, q: search.q }))}
        >
          <SearchBox
            label={t("message.search")}
            value={search.q}
            onSearch={(q) => onSearch({ ...search, q: q || undefined })}
          />
        </FilterBar>
      </Toolbar>
      <DataGrid<Notification>
        label={t("tabs.messages")}
        columns={useColumns()}
        {...list.grid}
        rowName={({ title }) => title}
        actions={actions}
        onOpen={setShown}
        empty={
          <EmptyState
            icon={isNarrowed ? undefined : <MailCheck aria-hidden />}
            title={t(isNarrowed ? "message.noneFound" : "message.none")}
            text={t(isNarrowed ? "filteredText" : "message.noneText")}
            action={isNarrowed && <Button onPress={() => onSearch({ tab: search.tab })}>{t("clear")}</Button>}
          />
        }
      />
      {shown !== null && <Message id={shown} onClose={() => setShown(null)} onResend={mayWrite ? resend : undefined} />}
    </Panel>
  );
}

function useFilters(): FilterDefinition[] {
  const { t } = useTranslation("alert-rules");
  const { t: alerts } = useTranslation("alerts");
  const channels = useQuery(channelsQuery).data;
  return useMemo(
    () => [
      {
        id: "status",
        kind: "options",
        label: alerts("columns.status"),
        options: STATUSES.map((id) => ({ id, label: t(`message.${id}`) })),
      },
      {
        id: "channel",
        kind: "options",
        label: t("columns.channel"),
        options: (channels ?? []).map(({ id, name }) => ({ id, label: name })),
      },
    ],
    [t, alerts, channels],
  );
}

interface MessageProps {
  id: string;
  onClose: () => void;
  onResend?: (message: Notification) => Promise<void>;
}

function Message({ id, onClose, onResend }: MessageProps) {
  const { t } = useTranslation("alert-rules");
  const format = useFormat();
  const nameOf = useNames();
  const message = messageRows.get(id);
  if (!message) return null;
  const { title, body, status, channel, attempts, error, created_at: at, finished_at: done } = message;
  return (
    <Dialog title={title} isOpen isDismissable onOpenChange={(isOpen) => isOpen || onClose()}>
      {(close) => (
        <Panel>
          {error && (
            <Banner tone={status === "dead" ? "danger" : "warning"} title={t("columns.error")}>
              {error}
            </Banner>
          )}
          <p className={styles.body}>{body}</p>
          <KeyValue
            items={[
              { label: t("columns.channel"), value: nameOf(channel) },
              { label: t("message.state"), value: <MessageStatus status={status} /> },
              { label: t("columns.created"), value: format.dateTime(at) },
              { label: t("columns.finished"), value: done === null ? null : format.dateTime(done) },
              { label: t("columns.attempts"), value: format.number(attempts) },
            ]}
          />
          <DialogActions>
            {onResend && status === "dead" && (
              <Button onPress={() => void onResend(message).then(close)}>{t("actions.resend")}</Button>
            )}
            <Button variant="primary" onPress={close}>
              {t("message.close")}
            </Button>
          </DialogActions>
        </Panel>
      )}
    </Dialog>
  );
}
