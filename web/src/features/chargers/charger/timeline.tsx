// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What happened at a charger, the newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import {
  Activity,
  BatteryCharging,
  BellRing,
  Plug,
  PlugZap,
  Power,
  ServerCog,
  Settings,
  ShieldAlert,
  Terminal,
  Unplug,
} from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { getChargerTimeline } from "@/api/sdk.gen";
import type { GetChargerTimelineData, TimelineEvent } from "@/api/types.gen";
import { keyOf } from "@/features/chargers/charger/data";
import { spoken } from "@/features/chargers/charger/parameters";
import { useCommandText } from "@/features/chargers/commands/words";
import { useStatusText } from "@/features/chargers/status";
import {
  Ago,
  Button,
  Card,
  EmptyState,
  ErrorState,
  Loading,
  Select,
  Skeleton,
  Timeline,
  type TimelineItem,
} from "@/kit";
import { useAuditWords } from "@/lib/audit";
import { useFormat } from "@/lib/format";

type Kind = NonNullable<NonNullable<NonNullable<GetChargerTimelineData["query"]>["kind"]>>[number];

const PAGE = 20;
const GROUPS: Readonly<Record<string, Kind[] | undefined>> = {
  all: undefined,
  connection: ["connected", "disconnected", "booted"],
  status: ["status"],
  sessions: ["transaction_started", "transaction_ended", "transaction_closed"],
  commands: ["command", "configuration", "firmware"],
  alerts: ["alert", "security"],
  changes: ["audit", "configuration"],
};

const ICONS: Readonly<Record<string, ReactNode>> = {
  connected: <Plug aria-hidden />,
  disconnected: <Unplug aria-hidden />,
  booted: <Power aria-hidden />,
  status: <PlugZap aria-hidden />,
  transaction_started: <BatteryCharging aria-hidden />,
  transaction_ended: <BatteryCharging aria-hidden />,
  transaction_closed: <BatteryCharging aria-hidden />,
  command: <Terminal aria-hidden />,
  security: <ShieldAlert aria-hidden />,
  alert: <BellRing aria-hidden />,
  firmware: <ServerCog aria-hidden />,
  configuration: <Settings aria-hidden />,
  audit: <Settings aria-hidden />,
};

function toneOf({ kind, code, parameters }: TimelineEvent): TimelineItem["tone"] {
  if (kind === "disconnected" || code === "command_rejected" || code === "command_timed_out") return "warning";
  if (kind === "security" || code === "alert_open" || parameters.status === "faulted" || code === "command_error")
    return "danger";
  if (kind === "connected") return "success";
  return kind === "transaction_started" ? "info" : "neutral";
}

export function timelineKey(id: string, group: string) {
  return keyOf(id, "timeline", group);
}

export function ChargerTimeline({ id, zone }: { id: string; zone?: string | null }) {
  const { t } = useTranslation("chargers");
  const [group, setGroup] = useState("all");
  const found = useInfiniteQuery({
    queryKey: timelineKey(id, group),
    queryFn: async ({ pageParam, signal }) => {
      const query = { kind: GROUPS[group], limit: PAGE, cursor: pageParam };
      return (await getChargerTimeline({ path: { charger_id: id }, query, signal, throwOnError: true })).data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const events = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const textOf = useEventText(zone);
  const items = events.map((event) => ({
    id: event.id,
    title: textOf(event),
    at: <Ago at={event.at} zone={zone} />,
    icon: ICONS[event.kind] ?? <Activity aria-hidden />,
    tone: toneOf(event),
  }));
  const options = Object.keys(GROUPS).map((each) => ({ id: each, label: t(`timeline.groups.${each}`) }));
  return (
    <Card
      title={t("timeline.title")}
      actions={
        <Select label={t("timeline.show")} isLabelHidden options={options} selected={group} onChange={setGroup} />
      }
      footer={
        found.hasNextPage && (
          <Button
            size="sm"
            variant="quiet"
            isPending={found.isFetchingNextPage}
            onPress={() => void found.fetchNextPage()}
          >
            {t("timeline.earlier")}
          </Button>
        )
      }
    >
      {found.isPending ? (
        <Loading>
          <Skeleton lines={8} />
        </Loading>
      ) : found.error && !events.length ? (
        <ErrorState isCompact problem={found.error} onRetry={() => void found.refetch()} />
      ) : events.length ? (
        <Timeline label={t("timeline.title")} items={items} />
      ) : (
        <EmptyState isCompact icon={<Activity aria-hidden />} title={t("timeline.empty")} />
      )}
    </Card>
  );
}

function useEventText(zone?: string | null): (event: TimelineEvent) => string {
  const { t } = useTranslation("chargers");
  const format = useFormat(zone);
  const commandText = useCommandText();
  const statusText = useStatusText();
  const { action } = useAuditWords();
  return ({ code, kind, parameters, text }) => {
    const words = spoken(parameters, format);
    if (kind === "command") words.type = commandText(String(parameters.type));
    if (kind === "audit") words.action = action(String(parameters.action));
    if (kind === "status") words.status = statusText(String(parameters.status));
    return t(`timeline.codes.${code}`, { ...words, defaultValue: text });
  };
}
