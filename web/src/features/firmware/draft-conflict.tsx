// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Somebody else has changed a draft meanwhile: what it is now, and what was to be kept. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Campaign, CampaignCreate } from "@/api/types.gen";
import { imageQuery } from "@/features/firmware/api";
import { imageName, storedHours } from "@/features/firmware/model";
import { useConditions, useNamed, useWaveText, useWindowText } from "@/features/firmware/parts";
import type { Filter } from "@/features/firmware/search";
import { Conflict, type ConflictField } from "@/kit";
import { useFormat } from "@/lib/format";

interface Props {
  mine: CampaignCreate;
  theirs: Campaign;
  isPending: boolean;
  onKeepTheirs: () => void;
  onSaveMine: () => void;
}

export function DraftConflict({ mine, theirs, ...rest }: Props) {
  const own = useFields(mine);
  const other = useFields(theirs);
  const fields = own.map(([label, text], index): ConflictField => ({
    label,
    mine: text,
    theirs: other[index]?.[1] ?? "",
  }));
  return <Conflict fields={fields} {...rest} />;
}

/** What both have, with its name. */
type Plan = Pick<
  CampaignCreate,
  | "name"
  | "firmware"
  | "ids"
  | "stop_on_failure_percent"
  | "at_once"
  | "retries"
  | "wait_s"
  | "timeout_s"
  | "wait_for_transactions"
  | "starts_at"
  | "ends_at"
  | "install_at"
> &
  Partial<Pick<Campaign, "filter" | "maintenance_window">> & { waves?: readonly Readonly<Record<string, unknown>>[] };

function useFields(plan: Plan): [label: string, text: string][] {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const windowText = useWindowText();
  const waveText = useWaveText();
  const conditions = useConditions((plan.filter ?? null) as Filter | null);
  const named = useNamed();
  const image = useQuery({ ...imageQuery(plan.firmware ?? ""), enabled: Boolean(plan.firmware) }).data?.item;
  const { stop_on_failure_percent: stop, waves = [] } = plan;
  const time = (at: string | null | undefined) => (at ? format.exact(at) : "");
  const number = (value: number | null | undefined) => format.number(value ?? 0);
  const size = ({ chargers, percent }: Readonly<Record<string, unknown>>) =>
    percent ? format.percent(Number(percent) / 100, 0) : t("chargers.count", { count: Number(chargers ?? 0) });
  const whom = plan.filter ? conditions.map(({ text }) => text).join("\n") || t("whom.all") : named(plan.ids ?? []);
  return [
    [t("columns.name"), plan.name ?? ""],
    [t("plan.image"), image ? imageName(image) : (plan.firmware ?? "")],
    [t("plan.whom"), whom],
    [t("plan.window"), windowText(storedHours(plan.maintenance_window ?? null))],
    [t("waves.title"), waves.map((wave) => `${size(wave)} – ${waveText(wave)}`).join("\n")],
    [
      t("plan.stop"),
      typeof stop === "number" ? t("plan.over", { share: format.percent(stop / 100, 0) }) : t("plan.never"),
    ],
    [t("plan.atOnce"), number(plan.at_once)],
    [t("plan.retries"), number(plan.retries)],
    [t("plan.wait"), format.duration(plan.wait_s ?? 0)],
    [t("how.timeoutMinutes"), format.duration(plan.timeout_s ?? 0)],
    [t("plan.sessions"), t(plan.wait_for_transactions ? "plan.waits" : "plan.interrupts")],
    [t("plan.starts"), time(plan.starts_at)],
    [t("plan.ends"), time(plan.ends_at)],
    [t("plan.install"), time(plan.install_at)],
  ];
}
