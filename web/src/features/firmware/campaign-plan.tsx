// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How far a campaign is, wave by wave, and what it was set up to do. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Campaign } from "@/api/types.gen";
import { imageQuery } from "@/features/firmware/api";
import styles from "@/features/firmware/firmware.module.css";
import { imageName, isAlive, stageOf, storedHours, TARGETS } from "@/features/firmware/model";
import { Stand, TargetBadge, useWaveText, useWindowText, Whom } from "@/features/firmware/parts";
import type { Filter } from "@/features/firmware/search";
import { Card, KeyValue, Panel, Table, type Fact } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

export function Progress({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation("firmware");
  const waveText = useWaveText();
  const alive = isAlive(campaign);
  const statuses = TARGETS.filter((status) => campaign.counts[status]);
  const waves = campaign.by_wave.filter(({ wave }) => wave > 0);
  return (
    <Card title={t("columns.progress")}>
      <Panel>
        <Stand label={t("campaigns.overall")} counts={campaign.counts} isAlive={alive} />
        <ul className={styles.counts} aria-label={t("campaigns.counts")}>
          {statuses.map((status) => (
            <li key={status}>
              <TargetBadge status={status} count={campaign.counts[status]} />
            </li>
          ))}
        </ul>
        <Table
          label={t("waves.title")}
          rows={waves}
          rowId={({ wave }) => String(wave)}
          columns={[
            {
              id: "wave",
              label: t("waves.one"),
              render: ({ wave }) => t("waves.stage", { wave, stage: t(`waves.${stageOf(wave, campaign)}`) }),
            },
            {
              id: "progress",
              label: t("columns.progress"),
              width: "45%",
              render: ({ wave, counts }) => (
                <Stand label={t("waves.number", { wave })} counts={counts} isAlive={alive} isLabelHidden />
              ),
            },
            {
              id: "then",
              label: t("waves.then"),
              render: ({ wave }) => {
                const named = campaign.waves[wave - 1];
                return wave === waves.length || !named ? "–" : waveText(named);
              },
            },
          ]}
        />
      </Panel>
    </Card>
  );
}

export function Plan({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const windowText = useWindowText();
  const may = useMay();
  const { firmware } = campaign;
  const image = useQuery({
    ...imageQuery(firmware ?? ""),
    enabled: firmware !== null && may("firmware:image:read"),
    retry: false,
  });
  const known = image.data?.item;
  const time = (at: string | null) => at && format.exact(at);
  const facts: (Fact | false)[] = [
    { label: t("plan.image"), value: known ? imageName(known) : (campaign.location ?? campaign.version) },
    { label: t("columns.version"), value: campaign.version },
    {
      label: t("plan.whom"),
      value: <Whom filter={campaign.filter as Filter | null} ids={campaign.ids} />,
      isWide: true,
    },
    { label: t("plan.window"), value: windowText(storedHours(campaign.maintenance_window)), isWide: true },
    {
      label: t("plan.stop"),
      value:
        campaign.stop_on_failure_percent === null
          ? t("plan.never")
          : t("plan.over", { share: format.percent(campaign.stop_on_failure_percent / 100, 0) }),
    },
    { label: t("plan.atOnce"), value: format.number(campaign.at_once) },
    { label: t("plan.retries"), value: format.number(campaign.retries) },
    { label: t("plan.wait"), value: format.duration(campaign.wait_s) },
    { label: t("plan.sessions"), value: t(campaign.wait_for_transactions ? "plan.waits" : "plan.interrupts") },
    { label: t("columns.actor"), value: campaign.actor_name },
    { label: t("plan.created"), value: time(campaign.created_at) },
    campaign.started_at !== null && { label: t("plan.started"), value: time(campaign.started_at) },
    campaign.started_at === null &&
      campaign.starts_at !== null && { label: t("plan.starts"), value: time(campaign.starts_at) },
    campaign.ends_at !== null && { label: t("plan.ends"), value: time(campaign.ends_at) },
    campaign.install_at !== null && { label: t("plan.install"), value: time(campaign.install_at) },
    campaign.finished_at !== null && { label: t("plan.finished"), value: time(campaign.finished_at) },
    campaign.round > 0 && { label: t("plan.round"), value: format.number(campaign.round) },
  ];
  return (
    <Card title={t("plan.title")}>
      <KeyValue items={facts.filter((fact) => fact !== false)} />
    </Card>
  );
}
