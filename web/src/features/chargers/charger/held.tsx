// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a charger holds beside its configuration: messages on its display, and the list of tags for when it is alone. */
import { useQuery } from "@tanstack/react-query";
import { MessageSquare, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { getChargerReport, getLocalList, listChargerReports, sendAllTokens } from "@/api/sdk.gen";
import type { Charger } from "@/api/types.gen";
import styles from "@/features/chargers/charger/charger.module.css";
import { capabilitiesQuery, keyOf } from "@/features/chargers/charger/data";
import { send, useIssued } from "@/features/chargers/charger/issued";
import { maySend } from "@/features/chargers/commands/words";
import {
  Ago,
  Badge,
  Button,
  Card,
  ConfirmDialog,
  ErrorState,
  IconButton,
  KeyValue,
  Loading,
  Skeleton,
  Table,
  toast,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";
import { queries } from "@/lib/queries";

interface Shown {
  id: number;
  priority: string;
  message: { content: string; language?: string | null };
}

function isShown(value: unknown): value is Shown {
  const item = value as Partial<Shown> | null;
  return typeof item?.id === "number" && typeof item.message?.content === "string";
}

/** As the charger reported them last; only newer versions of OCPP have them. */
export function DisplayMessages({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const capabilities = useQuery(capabilitiesQuery(charger.id)).data;
  const knows = capabilities?.commands.includes("get_display_messages") ?? false;
  const report = useQuery({
    queryKey: keyOf(charger.id, "display"),
    queryFn: async ({ signal }) => {
      const path = { charger_id: charger.id };
      const query = { kind: ["display_messages"], limit: 1, sort: "-started_at" as const };
      const newest = (await listChargerReports({ path, query, signal, throwOnError: true })).data.items[0];
      return newest
        ? (await getChargerReport({ path: { ...path, report_id: newest.id }, signal, throwOnError: true })).data
        : null;
    },
    enabled: knows,
  });
  if (!knows) return null;
  const ask = async (work: Promise<unknown>) => {
    try {
      await work;
      for (const wait of [1_500, 5_000])
        setTimeout(() => void queries.invalidateQueries({ queryKey: keyOf(charger.id, "display") }), wait);
    } catch (error) {
      toast({ tone: "danger", title: problemOf(error).message });
    }
  };
  const items = (report.data?.items ?? []).flatMap((item: unknown) => (isShown(item) ? [item] : []));
  const edits = maySend("clear_display_message", may);
  const reads = maySend("get_display_messages", may);
  return (
    <Card
      title={t("display.title")}
      description={
        report.data ? (
          <>
            {t("display.read")} <Ago at={report.data.updated_at} />
          </>
        ) : (
          t("display.text")
        )
      }
      actions={
        reads && (
          <Button
            size="sm"
            isDisabled={!charger.online}
            onPress={() => void ask(send(charger.id, { type: "get_display_messages" }))}
          >
            {t("display.ask")}
          </Button>
        )
      }
    >
      {items.length ? (
        <Table
          label={t("display.title")}
          rowId={({ id }) => String(id)}
          rows={items}
          columns={[
            { id: "id", label: t("display.number"), render: ({ id }) => String(id) },
            { id: "content", label: t("display.message"), render: ({ message }) => <bdi>{message.content}</bdi> },
            { id: "priority", label: t("display.priority"), render: ({ priority }) => priority },
            {
              id: "remove",
              label: t("actions.label"),
              isLabelHidden: true,
              align: "end",
              render: ({ id }) =>
                edits && (
                  <IconButton
                    size="sm"
                    label={t("display.remove", { number: id })}
                    icon={<Trash2 aria-hidden />}
                    isDisabled={!charger.online}
                    onPress={() =>
                      void ask(
                        send(charger.id, { type: "clear_display_message", message_id: id }).then(() =>
                          send(charger.id, { type: "get_display_messages" }),
                        ),
                      )
                    }
                  />
                ),
            },
          ]}
        />
      ) : (
        <p className={styles.line}>
          <MessageSquare aria-hidden size={16} />{" "}
          <span className={styles.muted}>{t(report.data ? "display.none" : "display.unknown")}</span>
        </p>
      )}
    </Card>
  );
}

export function LocalListCard({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const may = useMay();
  const [asks, setAsks] = useState(false);
  const [isOpen, setOpen] = useState(false);
  const list = useQuery({
    enabled: isOpen,
    queryKey: keyOf(charger.id, "local-list"),
    queryFn: async ({ signal }) => {
      try {
        return (await getLocalList({ path: { charger_id: charger.id }, signal, throwOnError: true })).data;
      } catch (error) {
        if (problemOf(error).status === 404) return null; // nothing is known of it yet
        throw error;
      }
    },
  });
  const sends = charger.can?.send_all_tokens !== false && may("charger:local_list:write");
  const sendAll = async () => {
    const { data } = await sendAllTokens({ path: { charger_id: charger.id }, throwOnError: true });
    useIssued.getState().put(data);
    setTimeout(() => void queries.invalidateQueries({ queryKey: keyOf(charger.id, "local-list") }), 2_000);
  };
  const entries = list.data?.entries ?? null;
  return (
    <Card
      title={t("localList.title")}
      description={t("localList.text")}
      actions={
        sends && (
          <Button size="sm" isDisabled={!charger.online} onPress={() => setAsks(true)}>
            {t("localList.send")}
          </Button>
        )
      }
    >
      {!isOpen ? (
        <div>
          <Button size="sm" onPress={() => setOpen(true)}>
            {t("localList.show")}
          </Button>
        </div>
      ) : list.error ? (
        <ErrorState isCompact problem={list.error} onRetry={() => void list.refetch()} />
      ) : list.isPending ? (
        <Loading>
          <Skeleton lines={2} />
        </Loading>
      ) : list.data ? (
        <>
          <KeyValue
            items={[
              {
                label: t("localList.version"),
                value: list.data.version < 0 ? t("localList.cannot") : format.number(list.data.version),
              },
              {
                label: t("localList.entries"),
                value: entries === null ? t("localList.foreign") : format.number(entries.length),
              },
              { label: t("configuration.updated"), value: <Ago at={list.data.updated_at} /> },
            ]}
          />
          {entries !== null && entries.length > 0 && (
            <Table
              label={t("localList.title")}
              rowId={({ token }) => token}
              rows={entries.slice(0, 200)}
              columns={[
                {
                  id: "token",
                  label: t("sessions.tag"),
                  sortValue: ({ token }) => token,
                  render: ({ token }) => <span className={styles.mono}>{token}</span>,
                },
                {
                  id: "status",
                  label: t("columns.status"),
                  sortValue: ({ status }) => status,
                  render: ({ status }) => (
                    <Badge tone={status === "accepted" ? "success" : "warning"}>
                      {t(`localList.status.${status}`)}
                    </Badge>
                  ),
                },
                {
                  id: "expires",
                  label: t("localList.expires"),
                  render: ({ expires_at: at }) => (at ? format.dateTime(at) : "–"),
                },
              ]}
            />
          )}
        </>
      ) : (
        <p className={styles.muted}>{t("localList.unknown")}</p>
      )}
      <ConfirmDialog
        isOpen={asks}
        onOpenChange={setAsks}
        title={t("localList.sendTitle", { name: charger.id })}
        consequence={<p>{t("localList.sendText")}</p>}
        confirmLabel={t("localList.send")}
        onConfirm={sendAll}
      />
    </Card>
  );
}
