// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How campaigns and what became of them look. */
import {
  Ban,
  CalendarClock,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  LoaderCircle,
  PencilLine,
  SkipForward,
  TimerOff,
} from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { useSiteWords } from "@/kit/sites";
import styles from "@/features/firmware/firmware.module.css";
import { standOf, WEEK, type CampaignStatus, type Hours, type TargetStatus } from "@/features/firmware/model";
import type { Filter } from "@/features/firmware/search";
import { Badge, Chip, CountedProgress } from "@/kit";
import { useAppearance } from "@/lib/appearance";
import { useFormat } from "@/lib/format";
import { conditionsOf } from "@/lib/targets";

const CAMPAIGNS = {
  draft: { tone: "neutral", icon: <PencilLine aria-hidden /> },
  scheduled: { tone: "info", icon: <CalendarClock aria-hidden /> },
  running: { tone: "info", icon: <LoaderCircle aria-hidden /> },
  paused: { tone: "warning", icon: <CirclePause aria-hidden /> },
  stopped: { tone: "danger", icon: <CircleX aria-hidden /> },
  done: { tone: "success", icon: <CircleCheck aria-hidden /> },
} as const;

export function CampaignBadge({ status }: { status: CampaignStatus }) {
  const { t } = useTranslation("firmware");
  const { tone, icon } = CAMPAIGNS[status];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`status.${status}`)}
    </Badge>
  );
}

const TARGETS: Readonly<
  Record<string, { tone: "neutral" | "info" | "success" | "warning" | "danger"; icon: React.ReactNode }>
> = {
  waiting: { tone: "neutral", icon: <CircleDashed aria-hidden /> },
  installed: { tone: "success", icon: <CircleCheck aria-hidden /> },
  skipped: { tone: "neutral", icon: <SkipForward aria-hidden /> },
  failed: { tone: "danger", icon: <CircleX aria-hidden /> },
  expired: { tone: "warning", icon: <TimerOff aria-hidden /> },
  cancelled: { tone: "neutral", icon: <Ban aria-hidden /> },
};
const BUSY = { tone: "info", icon: <LoaderCircle aria-hidden /> } as const;

export function TargetBadge({ status, count }: { status: TargetStatus; count?: number }) {
  const { t } = useTranslation("firmware");
  const { tone, icon } = TARGETS[status] ?? BUSY;
  const name = t(`targets.${status}`);
  return (
    <Badge tone={tone} icon={icon}>
      {count === undefined ? name : t("counted", { name, count })}
    </Badge>
  );
}

export interface StandProps {
  label: string;
  counts: Readonly<Record<string, number>>;
  isAlive: boolean;
  isLabelHidden?: boolean;
}

export function Stand({ label, counts, isAlive, isLabelHidden }: StandProps) {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const { total, over, failed } = standOf(counts);
  if (!total) return <>–</>;
  const text = t("progress", { over: format.number(over), total: format.number(total) });
  return (
    <CountedProgress
      label={label}
      value={over}
      max={total}
      valueText={text}
      isLabelHidden={isLabelHidden}
      tone={isAlive && over < total ? "accent" : failed ? "danger" : "success"}
    />
  );
}

/** Chargers that are named one by one: the first of them, and how many more. */
export function useNamed(): (ids: readonly string[]) => string {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  return (ids) => {
    const shown = format.list(ids.slice(0, 5));
    return ids.length > 5 ? t("whom.more", { list: shown, count: ids.length - 5 }) : shown;
  };
}

/** What a filter asks for, in words. */
export function useConditions(filter: Filter | null): { key: string; text: string }[] {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const conditions = useMemo(() => (filter ? conditionsOf(filter) : []), [filter]);
  const wordsOf = useSiteWords(conditions);
  return conditions.map((condition) => {
    const { field, compares } = condition;
    const words = wordsOf(condition);
    const name = t(`fields.${field}`, { defaultValue: field });
    const value = format.list(words.slice(0, 5));
    return { key: `${field}${compares}`, text: t(compares === "prefix" ? "whom.begins" : "whom.is", { name, value }) };
  });
}

export function Whom({ filter, ids }: { filter: Filter | null; ids: readonly string[] | null }) {
  const { t } = useTranslation("firmware");
  const named = useNamed();
  const conditions = useConditions(filter);
  if (!filter) return <>{named(ids ?? [])}</>;
  if (!conditions.length) return <>{t("whom.all")}</>;
  return (
    <span className={styles.chips}>
      {conditions.map(({ key, text }) => (
        <Chip key={key}>{text}</Chip>
      ))}
    </span>
  );
}

const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Names of weekdays; 1 is Monday. */
export function useDays(style: "long" | "short" = "long"): (weekday: number) => string {
  const language = useAppearance((state) => state.language);
  return useMemo(() => {
    const names = new Intl.DateTimeFormat(language, { weekday: style, timeZone: "UTC" });
    return (weekday) => names.format(MONDAY + (weekday - 1) * DAY_MS);
  }, [language, style]);
}

/** A time of a clock, on some Monday. */
function instantOf(text: string): number {
  const [hour = 0, minute = 0] = text.split(":").map(Number);
  return MONDAY + (hour * 60 + minute) * MINUTE_MS;
}

/** When updates begin, in words. */
export function useWindowText(): (window: readonly Hours[] | null) => string {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const day = useDays("short");
  const language = useAppearance((state) => state.language);
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone: "UTC" });
  return (window) => {
    if (!window) return t("window.always");
    const spans = new Map<string, number[]>();
    for (const { weekday, begin, end } of window) {
      // a range that ends at midnight would be written with the day of its end
      const span = time.formatRange(instantOf(begin), instantOf(end) - (end === "24:00" ? MINUTE_MS : 0));
      spans.set(span, [...(spans.get(span) ?? []), weekday]);
    }
    const parts = [...spans].map(([span, days]) => {
      const isDaily = WEEK.every((each) => days.includes(each));
      const names = isDaily ? t("window.daily") : format.list(days.toSorted((one, other) => one - other).map(day));
      return `${names}, ${span}`;
    });
    return parts.join("; ");
  };
}

export function useWaveText(): (wave: Readonly<Record<string, unknown>>) => string {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  return ({ then, pause_s: pause }) => {
    if (then === "manual") return t("waves.thenManual");
    return Number(pause) > 0 ? t("waves.thenPause", { time: format.duration(Number(pause)) }) : t("waves.thenNext");
  };
}
