// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Give a reservation up: the charger is asked, and says whether it did. */
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { Reservation } from "@/api/types.gen";
import { refusalOf } from "@/features/reservations/asking";
import { ConfirmDialog, toast } from "@/kit";
import { ask } from "@/lib/chargers";
import { useFormat } from "@/lib/format";
import { Problem } from "@/lib/problems";
import { queries } from "@/lib/queries";

interface CancelReservationProps {
  reservation: Reservation;
  onClose: () => void;
}

export function CancelReservation({ reservation, onClose }: CancelReservationProps) {
  const { t } = useTranslation("reservations");
  const format = useFormat();
  const { charger_id: charger, reservation_id: number, token, group, expires_at: end } = reservation;
  const who = token ?? group ?? "–";
  const gone = useRef(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    gone.current = controller;
    return () => controller.abort();
  }, []);
  const confirm = async () => {
    const answer = await ask(charger, { type: "cancel_reservation", reservation_id: number }, gone.current.signal);
    await queries.invalidateQueries({ queryKey: ["reservations"] });
    if (answer.status !== "accepted") {
      const detail = [t(`refused.${refusalOf(answer)}`), answer.reason && t("refused.said", { reason: answer.reason })];
      throw new Problem(409, { detail: detail.filter(Boolean).join(" ") });
    }
    toast({
      tone: "success",
      title: t("cancel.done", { charger }),
      text: format.time(answer.finished_at ?? Date.now()),
    });
  };
  return (
    <ConfirmDialog
      title={t("cancel.title", { charger })}
      consequence={t(end === null ? "cancel.text" : "cancel.textUntil", {
        who,
        until: end === null ? "" : format.dateTime(end),
      })}
      confirmLabel={t("cancel.do")}
      isDanger
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      onConfirm={confirm}
    />
  );
}
