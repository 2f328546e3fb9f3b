// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How far from a template, in a word. */
import { CircleCheck, CircleHelp, Lock, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { DriftItem, DriftSummary } from "@/api/types.gen";
import { modelName } from "@/features/templates/model";
import { Badge, Skeleton } from "@/kit";
import { useFormat } from "@/lib/format";

interface DriftedProps {
  /** Undefined as long as it is counted, null where it cannot be. */
  summary: DriftSummary | null | undefined;
  chargers: number;
}

export function Drifted({ summary, chargers }: DriftedProps) {
  const { t } = useTranslation("templates");
  const format = useFormat();
  if (chargers === 0) return <span className="soft">{t("drift.nobody")}</span>;
  if (summary === null) return <>–</>;
  if (!summary) return <Skeleton width="6rem" />;
  if (summary.drifted === 0) {
    return (
      <Badge tone="success" icon={<CircleCheck aria-hidden />}>
        {t("drift.none")}
      </Badge>
    );
  }
  return (
    <Badge tone="warning" icon={<TriangleAlert aria-hidden />}>
      {t("drift.some", { number: format.number(summary.drifted), total: format.number(summary.chargers) })}
    </Badge>
  );
}

const NAMED = 2;

/** Of which models its chargers are. */
export function Models({ summary }: Pick<DriftedProps, "summary">) {
  const { t } = useTranslation("templates");
  const format = useFormat();
  const models = summary?.models ?? [];
  if (!models.length) return <>–</>;
  const names = models.slice(0, NAMED).map((model) => modelName(model) || t("models.unknown"));
  const rest = models.length - NAMED;
  return (
    <>
      {names.join(" · ")}
      {rest > 0 && ` +${format.number(rest)}`}
    </>
  );
}

const LOOKS = {
  same: { tone: "success", icon: <CircleCheck aria-hidden /> },
  different: { tone: "warning", icon: <TriangleAlert aria-hidden /> },
  readonly: { tone: "danger", icon: <Lock aria-hidden /> },
  unknown: { tone: "neutral", icon: <CircleHelp aria-hidden /> },
} as const;

export function KeyState({ state }: { state: DriftItem["state"] }) {
  const { t } = useTranslation("templates");
  const { tone, icon } = LOOKS[state];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`state.${state}`)}
    </Badge>
  );
}
