// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How the state and the end of a certificate look. */
import { Ban, CircleCheck, CircleX, FileClock, FileQuestion, Send } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { CertificateItem } from "@/api/types.gen";
import styles from "@/features/certificates/certificates.module.css";
import { urgencyOf } from "@/features/certificates/model";
import { Ago, Badge, useNow } from "@/kit";
import { useFormat } from "@/lib/format";

const LOOKS = {
  requested: { tone: "info", icon: <FileClock aria-hidden /> },
  refused: { tone: "danger", icon: <FileQuestion aria-hidden /> },
  issued: { tone: "info", icon: <Send aria-hidden /> },
  accepted: { tone: "success", icon: <CircleCheck aria-hidden /> },
  rejected: { tone: "danger", icon: <CircleX aria-hidden /> },
  revoked: { tone: "neutral", icon: <Ban aria-hidden /> },
} as const;

/** One that was replaced by a newer one is not in use any more. */
export function CertificateState({ item }: { item: CertificateItem }) {
  const { t } = useTranslation("certificates");
  const isReplaced = item.status === "accepted" && !item.in_use;
  const { tone, icon } = LOOKS[item.status];
  return (
    <Badge tone={isReplaced ? "neutral" : tone} icon={icon}>
      {t(isReplaced ? "status.replaced" : `status.${item.status}`)}
    </Badge>
  );
}

const TONES = { over: "danger", soon: "warning", later: "neutral" } as const;

export function Ends({ at, isMarked }: { at: string | null; isMarked: boolean }) {
  const { t } = useTranslation("certificates");
  const format = useFormat();
  const now = useNow();
  if (at === null) return <>–</>;
  const urgency = urgencyOf(at, now);
  return (
    <span className={styles.line}>
      {format.date(at)}
      {isMarked && urgency !== "later" ? (
        <Badge tone={TONES[urgency]}>{urgency === "over" ? t("ends.over") : <Ago at={at} />}</Badge>
      ) : (
        <span className="soft">
          <Ago at={at} />
        </span>
      )}
    </span>
  );
}
