// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Small parts that the screens of alerts share, and what can be done to alerts. */
import { BellOff, CircleCheck, CircleDot, Eye } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Alert, AlertGroup } from "@/api/types.gen";
import { acknowledge } from "@/features/alerts/api";
import { saidOf, type Asked, type Target } from "@/features/alerts/model";
import { Badge, Button, MenuButton, toast, type ButtonSize, type MenuAction } from "@/kit";
import { problemOf } from "@/lib/problems";

const Dialogs = lazy(() => import("@/features/alerts/dialogs").then((file) => ({ default: file.AlertDialogs })));

const STATES = {
  open: { icon: CircleDot, tone: "warning" },
  acknowledged: { icon: Eye, tone: "info" },
  snoozed: { icon: BellOff, tone: "neutral" },
  resolved: { icon: CircleCheck, tone: "success" },
} as const;

export function AlertStatus({ status }: Pick<Alert, "status">) {
  const { t } = useTranslation("alerts");
  const { icon: Icon, tone } = STATES[status];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {t(`status.${status}`)}
    </Badge>
  );
}

/** What is the matter, in the reader's language; what a charger said of it stays in its own words. */
export function useCause(): (alert: Pick<Alert, "kind" | "title" | "details">) => string {
  const { t } = useTranslation("alerts");
  return (alert) => {
    const kind = t(`kinds.${alert.kind}`, { defaultValue: alert.title });
    const said = saidOf(alert);
    return said ? t("said", { kind, said }) : kind;
  };
}

export function useWhere(): (group: AlertGroup) => string {
  const { t } = useTranslation("alerts");
  return ({ site_name: site, sites, chargers }) => {
    if (site) return site;
    if (sites > 1) return t("where.sites", { count: sites });
    return t(chargers ? "where.nowhere" : "where.installation");
  };
}

/** The cause, and how large it is. */
export function useGroupName(): (group: AlertGroup) => string {
  const { t } = useTranslation("alerts");
  const where = useWhere();
  return (group) =>
    t("group.name", { kind: t(`kinds.${group.kind}`, { defaultValue: group.rule_name }), where: where(group) });
}

/** 30 alerts, and how many of them nobody has seen. */
export function Sizes({ group }: { group: AlertGroup }) {
  const { t } = useTranslation("alerts");
  const { alerts, open, acknowledged, snoozed } = group;
  const parts = [
    open > 0 && open < alerts && t("group.open", { count: open }),
    acknowledged > 0 && acknowledged < alerts && t("group.acknowledged", { count: acknowledged }),
    snoozed > 0 && snoozed < alerts && t("group.snoozed", { count: snoozed }),
  ].filter((each) => typeof each === "string");
  return (
    <>
      {t("group.alerts", { count: alerts })}
      {parts.length > 0 && <span className="soft"> · {parts.join(" · ")}</span>}
    </>
  );
}

export interface Handled {
  target: Target;
  count: number;
  /** One alert, or one cause. */
  name?: string;
  /** Nobody has to acknowledge it any more. */
  isSeen?: boolean;
}

/** Acknowledging asks nothing: it takes one press. The others open a dialog. */
export function useHandling(onDone?: () => void) {
  const { t } = useTranslation("alerts");
  const [asked, setAsked] = useState<Asked | null>(null);
  const [isPending, setPending] = useState(false);
  const see = async ({ target }: Handled) => {
    setPending(true);
    try {
      const count = await acknowledge(target);
      toast(count ? { tone: "success", title: t("done.acknowledged", { count }) } : { title: t("done.nothing") });
      onDone?.();
    } catch (error) {
      toast({ tone: "danger", title: t("done.failed"), text: problemOf(error).message });
    } finally {
      setPending(false);
    }
  };
  const ask = (kind: Asked["kind"], { target, count, name }: Handled) => setAsked({ kind, target, count, name });
  const menu = (handled: Handled): MenuAction[] => [
    ...(handled.isSeen
      ? []
      : [{ id: "acknowledge", label: t("actions.acknowledge"), onAction: () => void see(handled) }]),
    { id: "assign", label: t("actions.assign"), onAction: () => ask("assign", handled) },
    { id: "snooze", label: t("actions.snooze"), onAction: () => ask("snooze", handled) },
    { id: "resolve", label: t("actions.resolve"), onAction: () => ask("resolve", handled) },
  ];
  const dialogs = asked && (
    <Suspense>
      <Dialogs asked={asked} onClose={() => setAsked(null)} onDone={onDone} />
    </Suspense>
  );
  return { see, ask, menu, isPending, dialogs };
}

interface HandlingProps extends Handled {
  onDone?: () => void;
  size?: ButtonSize;
}

/** Acknowledge, and the rest behind it. */
export function Handling({ onDone, size, ...handled }: HandlingProps) {
  const { t } = useTranslation("alerts");
  const { see, ask, menu, isPending, dialogs } = useHandling(onDone);
  return (
    <>
      {!handled.isSeen && (
        <Button
          variant="primary"
          size={size}
          icon={<Eye aria-hidden />}
          isPending={isPending}
          onPress={() => void see(handled)}
        >
          {t("actions.acknowledge")}
        </Button>
      )}
      <Button size={size} onPress={() => ask("assign", handled)}>
        {t("actions.assign")}
      </Button>
      <MenuButton
        label={t("actions.more")}
        isIconOnly
        variant="secondary"
        size={size}
        items={menu(handled).filter(({ id }) => id === "snooze" || id === "resolve")}
      />
      {dialogs}
    </>
  );
}
