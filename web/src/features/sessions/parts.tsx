// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Small parts that the list and the screen of one session share. */
import { CircleCheck, CirclePause, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Transaction } from "@/api/types.gen";
import { durationOf, type SessionRow } from "@/features/sessions/model";
import styles from "@/features/sessions/parts.module.css";
import { useWords } from "@/features/sessions/words";
import { Badge, StatusBadge, useNow } from "@/kit";
import { useFormat } from "@/lib/format";

export function SessionStatus({ row, size = "sm" }: { row: Transaction; size?: "sm" | "md" }) {
  const words = useWords();
  const { status, phase } = row;
  if (status === "active") {
    return <StatusBadge family="in_use" size={size} label={words(phase ? "phases" : "status", phase ?? status)} />;
  }
  const icon = status === "suspect" ? <CirclePause aria-hidden /> : <CircleCheck aria-hidden />;
  return (
    <Badge tone={status === "suspect" ? "warning" : "neutral"} icon={icon}>
      {words("status", status)}
    </Badge>
  );
}

export function Duration({ row }: { row: Transaction }) {
  const format = useFormat();
  const now = useNow();
  const seconds = durationOf(row, now);
  return seconds === null ? "–" : format.duration(seconds);
}

/** Why somebody should look at it: the first in words, how many more there are. */
export function Attention({ reasons }: { reasons: Transaction["attention"] }) {
  const { t } = useTranslation("sessions");
  const words = useWords();
  const [first, ...rest] = reasons;
  if (first === undefined) return "–";
  const all = reasons.map((reason) => words("attention", reason)).join(" · ");
  return (
    <span className={styles.attention} title={all}>
      <Badge tone="warning" icon={<TriangleAlert aria-hidden />}>
        {words("attention", first)}
      </Badge>
      {rest.length > 0 && (
        <span className={styles.more}>
          <span aria-hidden>+{rest.length}</span>
          <span className="visually-hidden">
            {t("list.more", { list: rest.map((each) => words("attention", each)).join(", ") })}
          </span>
        </span>
      )}
    </span>
  );
}

export function WhoseTag({ row }: { row: SessionRow }) {
  const { t } = useTranslation("sessions");
  const { id_tag: tag, holder } = row;
  if (tag === null) return <span className={styles.soft}>{t("list.noTag")}</span>;
  if (!holder?.driverName) return <span className="mono">{tag}</span>;
  return (
    <>
      {holder.driverName} <span className={styles.soft}>{tag}</span>
    </>
  );
}
