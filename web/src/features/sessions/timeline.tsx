// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What happened in a session, and at its charger meanwhile. */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import {
  BatteryCharging,
  Flag,
  Power,
  RadioTower,
  ShieldAlert,
  SquareTerminal,
  TriangleAlert,
  Unplug,
} from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { getTransactionTimeline } from "@/api/sdk.gen";
import type { TimelineEvent, TransactionWhole } from "@/api/types.gen";
import { chargerPath } from "@/features/sessions/model";
import styles from "@/features/sessions/session.module.css";
import { useWords } from "@/features/sessions/words";
import { Button, Card, EmptyState, ErrorState, Skeleton, TextLink, Timeline, type TimelineItem } from "@/kit";
import { useFormat } from "@/lib/format";
import { throttled } from "@/lib/lists";
import { hear } from "@/lib/live";
import { useMay } from "@/lib/me";

const AGGREGATES_MS = 5_000;
const PAGE = 30;

const ICONS = {
  connected: RadioTower,
  disconnected: Unplug,
  booted: Power,
  status: Flag,
  command: SquareTerminal,
  security: ShieldAlert,
  alert: TriangleAlert,
};

function iconOf({ kind }: TimelineEvent) {
  const Icon = kind in ICONS ? ICONS[kind as keyof typeof ICONS] : BatteryCharging;
  return <Icon aria-hidden />;
}

const BAD = new Set([
  "command_rejected",
  "command_timed_out",
  "command_unreachable",
  "command_error",
  "disconnected_by_network",
  "security_event",
]);

function toneOf({ code, kind }: TimelineEvent): TimelineItem["tone"] {
  if (BAD.has(code) || kind === "alert") return "warning";
  if (code === "transaction_started" || code === "transaction_ended") return "info";
  return "neutral";
}

export function SessionTimeline({ session }: { session: TransactionWhole }) {
  const { t } = useTranslation("sessions");
  const may = useMay();
  const items = useItems();
  const found = useEvents(session.id, session.charger_id);
  const events = found.data?.pages.flatMap((page) => page.items) ?? [];
  const hidden = found.data?.pages[0]?.hidden ?? [];
  const messages = `${chargerPath(session.charger_id)}/messages`;
  return (
    <Card
      title={t("timeline.title")}
      actions={may("charger:message:read") && <TextLink to={messages}>{t("timeline.messages")}</TextLink>}
    >
      {found.isPending ? (
        <Skeleton lines={5} />
      ) : found.error && !events.length ? (
        <ErrorState isCompact problem={found.error} onRetry={() => void found.refetch()} />
      ) : events.length ? (
        <Timeline label={t("timeline.title")} items={items(events)} />
      ) : (
        <EmptyState isCompact title={t("timeline.empty")} />
      )}
      <div className={styles.more}>
        {found.hasNextPage && (
          <Button size="sm" onPress={() => void found.fetchNextPage()} isPending={found.isFetchingNextPage}>
            {t("timeline.more")}
          </Button>
        )}
        {hidden.length > 0 && <span className={styles.hint}>{t("timeline.hidden")}</span>}
      </div>
    </Card>
  );
}

function useEvents(id: string, charger: string) {
  const queries = useQueryClient();
  useEffect(() => {
    const again = throttled(
      () => void queries.invalidateQueries({ queryKey: ["sessions", "timeline", id] }),
      AGGREGATES_MS,
    );
    const kinds = [
      "transaction_changed",
      "status_changed",
      "command_closed",
      "charger_connected",
      "charger_disconnected",
    ] as const;
    const stop = hear([...kinds], (event) => {
      if (event.charger_id === charger) again.call();
    });
    return () => {
      again.stop();
      stop();
    };
  }, [queries, id, charger]);
  return useInfiniteQuery({
    queryKey: ["sessions", "timeline", id],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE, cursor: pageParam ?? undefined };
      return (await getTransactionTimeline({ path: { transaction_id: id }, query, signal, throwOnError: true })).data;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

function useItems(): (events: readonly TimelineEvent[]) => TimelineItem[] {
  const { t } = useTranslation("sessions");
  const words = useWords();
  const format = useFormat();
  const say = ({ code, text, parameters }: TimelineEvent): string => {
    const known = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, value ?? "–"]));
    const { energy_wh: wh, reason } = parameters as { energy_wh?: number | null; reason?: string | null };
    const energy = typeof wh === "number" ? format.energy(wh) : "–";
    const why = typeof reason === "string" ? (code === "transaction_ended" ? words("reasons", reason) : reason) : "–";
    return t(`events.${code}`, { ...known, energy, reason: why, defaultValue: text });
  };
  return (events) =>
    events.map((event) => ({
      id: event.id,
      title: say(event),
      at: <time dateTime={event.at}>{format.exact(event.at)}</time>,
      icon: iconOf(event),
      tone: toneOf(event),
    }));
}
