// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How a reservation looks, and what can be done with it. */
import { Ban, CalendarCheck, CalendarClock, CalendarX, TimerOff } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Reservation } from "@/api/types.gen";
import { Badge, StatusBadge, type MenuAction } from "@/kit";
import { useMay } from "@/lib/me";
import { appPath } from "@/lib/search";

const ICONS = { active: CalendarClock, used: CalendarCheck, cancelled: CalendarX, expired: TimerOff, removed: Ban };

export function ReservationStatus({ status }: { status: Reservation["status"] }) {
  const { t } = useTranslation("reservations");
  const label = t(`status.${status}`);
  if (status === "active") return <StatusBadge family="reserved" size="sm" label={label} />;
  const Icon = ICONS[status];
  return (
    <Badge
      tone={status === "removed" ? "warning" : status === "used" ? "success" : "neutral"}
      icon={<Icon aria-hidden />}
    >
      {label}
    </Badge>
  );
}

export function useActions(onCancel: (reservation: Reservation) => void): (reservation: Reservation) => MenuAction[] {
  const { t } = useTranslation("reservations");
  const may = useMay();
  return (reservation) => {
    const { charger_id: charger, transaction, token, status } = reservation;
    const found: MenuAction[] = [];
    if (may("charger:command:send")) {
      found.push({
        id: "cancel",
        label: t("actions.cancel"),
        isDanger: true,
        isDisabled: status !== "active",
        reason: t("actions.over"),
        onAction: () => onCancel(reservation),
      });
    }
    found.push({
      id: "charger",
      label: t("actions.charger"),
      to: `/chargers/${encodeURIComponent(charger)}`,
      startsGroup: found.length > 0,
    });
    if (transaction !== null)
      found.push({ id: "session", label: t("actions.session"), to: `/sessions/${transaction}` });
    if (token !== null && may("token:token:read"))
      found.push({ id: "tag", label: t("actions.tag"), to: appPath("/tags", { q: token }) });
    return found;
  };
}
