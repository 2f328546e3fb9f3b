// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What became of the commands that were just sent. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import type { CommandItem } from "@/api/types.gen";
import { useCommandText } from "@/features/chargers/commands/words";
import { followIssued, useIssued } from "@/features/chargers/charger/issued";
import styles from "@/features/chargers/charger/charger.module.css";
import { Banner, Button, JsonView, Spinner, type Tone } from "@/kit";
import { useFormat } from "@/lib/format";

const SHOWN = 3;

export function IssuedList({ charger }: { charger: string }) {
  const items = useIssued((state) => state.items);
  useEffect(() => followIssued(), []);
  const own = items.filter(({ charger_id }) => charger_id === charger).slice(0, SHOWN);
  if (!own.length) return null;
  return (
    <div className={styles.issued}>
      {own.map((item) => (
        <IssuedCommand key={item.id} item={item} />
      ))}
    </div>
  );
}

const TONES: Readonly<Record<CommandItem["status"], Tone>> = {
  pending: "info",
  accepted: "success",
  rejected: "warning",
  not_supported: "warning",
  timed_out: "danger",
  unreachable: "danger",
  expired: "danger",
  error: "danger",
};

/** The word of OCPP, where the charger gave one. */
export function ocppStatus(item: CommandItem): string | null {
  const { result } = item;
  const status = typeof result === "object" && result !== null ? (result as Record<string, unknown>).status : null;
  return typeof status === "string" ? status : null;
}

function isMore(result: unknown): boolean {
  return typeof result === "object" && result !== null && Object.keys(result).some((key) => key !== "status");
}

function IssuedCommand({ item }: { item: CommandItem }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const textOf = useCommandText();
  const boot = useIssued((state) => state.boots[item.id]);
  const forget = useIssued((state) => state.forget);
  const [isOpen, setOpen] = useState(false);
  const isPending = item.status === "pending";
  const word = ocppStatus(item);
  const said = [word && `OCPP: ${word}`, item.reason, item.effect && t(`commands.effect.${item.effect}`)]
    .filter(Boolean)
    .join(" · ");
  const at = format.time(item.finished_at ?? item.sent_at ?? item.created_at);
  return (
    <Banner
      tone={TONES[item.status]}
      live="status"
      title={t("commands.line", {
        command: textOf(item.type),
        status: t(`commands.status.${item.queued && isPending ? "queued" : item.status}`),
        time: at,
      })}
      onClose={isPending ? undefined : () => forget(item.id)}
      action={
        isPending ? (
          <Spinner label={t("commands.status.pending")} />
        ) : isMore(item.result) ? (
          <Button size="sm" variant="quiet" onPress={() => setOpen(!isOpen)}>
            {t(isOpen ? "commands.hideAnswer" : "commands.showAnswer")}
          </Button>
        ) : undefined
      }
    >
      {said && <p>{said}</p>}
      {boot && <p>{t("commands.rebooted", { time: format.time(boot) })}</p>}
      {isOpen && <JsonView value={item.result} label={t("commands.answer")} />}
    </Banner>
  );
}
