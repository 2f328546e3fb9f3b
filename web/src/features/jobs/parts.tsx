// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How jobs are called, how they stand, how far they are. */
import { Ban, CircleCheck, CircleDashed, CircleX, LoaderCircle } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { beginning, isUnderWay, secondsLeft, type Job, type JobStatus, type Seen } from "@/features/jobs/model";
import { Badge, CountedProgress, ProgressBar, useNow } from "@/kit";
import { useFormat } from "@/lib/format";

const LOOKS = {
  queued: { tone: "neutral", icon: <CircleDashed aria-hidden /> },
  running: { tone: "info", icon: <LoaderCircle aria-hidden /> },
  done: { tone: "success", icon: <CircleCheck aria-hidden /> },
  cancelled: { tone: "neutral", icon: <Ban aria-hidden /> },
  failed: { tone: "danger", icon: <CircleX aria-hidden /> },
} as const;

export function JobBadge({ status }: { status: JobStatus }) {
  const { t } = useTranslation("jobs");
  const { tone, icon } = LOOKS[status];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`status.${status}`)}
    </Badge>
  );
}

/** set_variables is "Set variables". */
function humanized(name: string): string {
  const words = name.replaceAll(/[_-]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function useJobName(): (job: Pick<Job, "source" | "what" | "file" | "isTrial">) => string {
  const { t } = useTranslation(["jobs", "chargers"]);
  const format = useFormat();
  return ({ source, what, file, isTrial }) => {
    const [first = ""] = what;
    if (source === "commands") return t(`chargers:commands.names.${first}`, { defaultValue: humanized(first) });
    if (source === "imports") {
      const name = t(`imports.${first}`, { defaultValue: humanized(first) });
      return t(isTrial ? "imports.trial" : "imports.named", { name, file });
    }
    if (source === "background") return t(`kinds.${first}`, { defaultValue: humanized(first) });
    const fields = what.map((field) => t(`fields.${field}`, { defaultValue: humanized(field) }));
    return t("changed", { list: format.list(fields) });
  };
}

export function JobProgress({ job, isLabelHidden }: { job: Job; isLabelHidden?: boolean }) {
  const { t } = useTranslation("jobs");
  const format = useFormat();
  const { total, over, failed } = job;
  if (total === null || total === 0) {
    if (!isUnderWay(job)) return <>–</>;
    return <ProgressBar label={t("columns.progress")} isLabelHidden={isLabelHidden} />;
  }
  const text = t("progress", { over: format.number(over), total: format.number(total) });
  return (
    <CountedProgress
      label={t("columns.progress")}
      value={over}
      max={total}
      valueText={text}
      isLabelHidden={isLabelHidden}
      tone={isUnderWay(job) ? "accent" : failed ? "danger" : "success"}
    />
  );
}

/** How long it takes still, in words; nothing while that cannot be said. */
export function useTimeLeft(job: Job): string | null {
  const { t } = useTranslation("jobs");
  const format = useFormat();
  const now = useNow();
  const [first, setFirst] = useState<Seen | null>(() => beginning(job));
  const { over, round } = job;
  const [seen, setSeen] = useState<Seen>({ at: now, over });
  useEffect(() => setSeen({ at: Date.now(), over }), [over]);
  useEffect(() => {
    if (round) setFirst({ at: Date.now(), over });
    // only the beginning of a round matters
    // oxlint-disable-next-line react/exhaustive-deps
  }, [round]);
  if (job.status !== "running" || job.total === null || !first) return null;
  const left = secondsLeft(first, seen, job.total);
  return left === null ? null : t("left", { time: format.duration(left) });
}
