// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One campaign: how far each wave and each charger is, and what is to be decided. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Pause, Pencil, Play, RotateCw, Square, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import {
  abortFirmwareCampaign,
  deleteFirmwareCampaign,
  listFirmwareCampaignChargers,
  pauseFirmwareCampaign,
  resumeFirmwareCampaign,
  retryFirmwareCampaign,
} from "@/api/sdk.gen";
import type { Campaign, CampaignTarget, ListFirmwareCampaignChargersData } from "@/api/types.gen";
import {
  campaignQuery,
  firmwareChanged,
  imageQuery,
  PAGE,
  targetRows,
  useLiveCampaigns,
} from "@/features/firmware/api";
import styles from "@/features/firmware/firmware.module.css";
import { imageName, isAlive, MANY, stageOf, standOf, storedHours, TARGETS } from "@/features/firmware/model";
import { CampaignBadge, Stand, TargetBadge, useWaveText, useWindowText, Whom } from "@/features/firmware/parts";
import { readCampaign, type CampaignSearch, type Filter } from "@/features/firmware/search";
import {
  Ago,
  AwaitedPage,
  Banner,
  Button,
  Card,
  Columns,
  ConfirmDialog,
  DataGrid,
  EmptyState,
  ExportMenu,
  FilterBar,
  KeyValue,
  LinkButton,
  MenuButton,
  Page,
  Panel,
  SearchBox,
  Table,
  TextLink,
  toast,
  type Fact,
  type FilterDefinition,
  type GridColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { apiPath, appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/firmware/campaigns/$id");
const READ = "charger:charger:read";

export function CampaignPage() {
  const { t } = useTranslation("firmware");
  const { id } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...campaignQuery(id), enabled: may(READ) });
  useLiveCampaigns(query.data ? isAlive(query.data.item) : false);
  if (query.data) return <CampaignView campaign={query.data.item} />;
  return (
    <AwaitedPage
      title={t("campaigns.one")}
      list={{ label: t("title"), to: "/firmware" }}
      permission={READ}
      query={query}
    />
  );
}

function CampaignView({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation("firmware");
  const isDraft = campaign.status === "draft";
  const path = `/api/v1/firmware-campaigns/${campaign.id}/chargers`;
  return (
    <Page
      title={campaign.name}
      status={<CampaignBadge status={campaign.status} />}
      breadcrumbs={[{ label: t("title"), to: "/firmware" }, { label: campaign.name }]}
      actions={
        <>
          {!isDraft && <ExportMenu name="firmware-campaign" path={(as) => apiPath(path, { format: as })} />}
          <Decisions campaign={campaign} />
        </>
      }
    >
      {isDraft && (
        <Banner tone="info" title={t("draft.title")} live="off">
          {t("draft.text")}
        </Banner>
      )}
      {campaign.reason && (
        <Banner
          tone={campaign.status === "paused" ? "warning" : "danger"}
          title={t(`reason.${campaign.status}`)}
          live="off"
        >
          <span dir="auto">{campaign.reason}</span>
        </Banner>
      )}
      <Columns>
        {!isDraft && <Progress campaign={campaign} />}
        <Plan campaign={campaign} />
      </Columns>
      {!isDraft && <Chargers campaign={campaign} />}
    </Page>
  );
}

const ACTS = {
  pause: pauseFirmwareCampaign,
  resume: resumeFirmwareCampaign,
  abort: abortFirmwareCampaign,
  retry: retryFirmwareCampaign,
} as const;
type Act = keyof typeof ACTS | "delete";

function Decisions({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Act | null>(null);
  const { id, name, status, can = {} } = campaign;
  const { again, busy } = standOf(campaign.counts);
  const waiting = campaign.counts.waiting ?? 0;
  const isOver = status === "done" || status === "stopped";
  const path = { campaign_id: id };
  const confirm = async () => {
    if (asked === null) return;
    if (asked === "delete") {
      await deleteFirmwareCampaign({ path, throwOnError: true });
      await navigate({ to: "/firmware" });
    } else await ACTS[asked]({ path, throwOnError: true });
    firmwareChanged();
    toast({ tone: "success", title: t(`acts.${asked}.told`, { name }) });
  };
  const numbers: Partial<Record<Act, number>> = { abort: waiting, retry: again, resume: waiting };
  const mayInstall = can.start_firmware_campaign ?? false;
  const isMany = asked === "retry" && again >= MANY;
  return (
    <>
      {status === "running" && can.pause_firmware_campaign && (
        <Button icon={<Pause aria-hidden />} onPress={() => setAsked("pause")}>
          {t("acts.pause.action")}
        </Button>
      )}
      {status === "paused" && can.resume_firmware_campaign && (
        <Button variant="primary" icon={<Play aria-hidden />} onPress={() => setAsked("resume")}>
          {t("acts.resume.action")}
        </Button>
      )}
      {status !== "draft" && status !== "scheduled" && again > 0 && can.retry_firmware_campaign && (
        <Button icon={<RotateCw aria-hidden />} onPress={() => setAsked("retry")}>
          {t("acts.retry.action", { count: again })}
        </Button>
      )}
      {status !== "draft" && !isOver && can.abort_firmware_campaign && (
        <Button variant="danger" icon={<Square aria-hidden />} onPress={() => setAsked("abort")}>
          {t("acts.abort.action")}
        </Button>
      )}
      {status === "draft" && mayInstall && (
        <LinkButton to={appPath("/firmware/new", { draft: id })} variant="primary" icon={<Pencil aria-hidden />}>
          {t("draft.goOn")}
        </LinkButton>
      )}
      {(status === "draft" || isOver) && can.delete_firmware_campaign && (
        <MenuButton
          label={t("more")}
          isIconOnly
          variant="secondary"
          items={[
            {
              id: "delete",
              label: t("delete"),
              icon: <Trash2 aria-hidden />,
              isDanger: true,
              isDisabled: busy > 0,
              reason: t("acts.delete.busy"),
              onAction: () => setAsked("delete"),
            },
          ]}
        />
      )}
      {asked && (
        <ConfirmDialog
          isOpen
          onOpenChange={(isOpen) => isOpen || setAsked(null)}
          title={t(`acts.${asked}.title`, { name })}
          consequence={t(`acts.${asked}.text`, { count: numbers[asked] ?? 0 })}
          confirmLabel={t(`acts.${asked}.do`)}
          isDanger={asked === "abort" || asked === "delete"}
          typed={isMany ? format.number(again) : undefined}
          onConfirm={confirm}
        />
      )}
    </>
  );
}

function Progress({ campaign }: { campaign: Campaign }) {
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

function Plan({ campaign }: { campaign: Campaign }) {
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

function useColumns(): GridColumn<CampaignTarget>[] {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: "charger",
        label: t("columns.charger"),
        width: 150,
        sortable: true,
        render: ({ charger_id: id }) => <TextLink to={`/chargers/${encodeURIComponent(id)}`}>{id}</TextLink>,
      },
      {
        id: "wave",
        label: t("waves.one"),
        width: 80,
        align: "end",
        sortable: true,
        render: ({ wave }) => (wave ? format.number(wave) : "–"),
      },
      {
        id: "status",
        label: t("columns.status"),
        width: 150,
        sortable: true,
        render: ({ status }) => <TargetBadge status={status} />,
      },
      {
        id: "told",
        label: t("columns.told"),
        width: 220,
        render: ({ progress, progress_at: at }) =>
          progress === null ? (
            "–"
          ) : (
            <span>
              {progress} {at && <Ago at={at} />}
            </span>
          ),
      },
      { id: "reason", label: t("columns.reason"), width: 260, render: ({ reason }) => reason ?? "–" },
      {
        id: "versions",
        label: t("columns.version"),
        width: 170,
        render: ({ from_version: from, version }) =>
          from === version || from === null ? (version ?? "–") : t("versions", { from, to: version ?? "–" }),
      },
      {
        id: "attempts",
        label: t("columns.attempts"),
        width: 100,
        align: "end",
        render: ({ attempts }) => format.number(attempts),
      },
      {
        id: "finished_at",
        label: t("columns.finished"),
        width: 180,
        sortable: true,
        render: ({ finished_at: at }) => (at === null ? "–" : format.dateTime(at)),
      },
    ],
    [t, format],
  );
}

const SORTS: Readonly<Record<string, string>> = {
  charger: "charger_id",
  wave: "wave",
  status: "status",
  finished_at: "finished_at",
};

function Chargers({ campaign: { id, by_wave: waves } }: { campaign: Campaign }) {
  const { t } = useTranslation("firmware");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [sort, setSort] = useState({ column: "charger", isDescending: false });
  const { q, status, wave } = search;
  const query = {
    ...(q && { q }),
    ...(status && { status }),
    ...(wave && { wave }),
    sort: `${sort.isDescending ? "-" : ""}${SORTS[sort.column] ?? "charger_id"}`,
  };
  const list = useServerList<CampaignTarget>({
    queryKey: ["firmware", "chargers", id, query],
    rows: targetRows,
    idOf: ({ charger_id: charger }) => charger,
    load: async (cursor, signal) => {
      const asked = { ...query, limit: PAGE, cursor } as ListFirmwareCampaignChargersData["query"];
      const path = { campaign_id: id };
      return (await listFirmwareCampaignChargers({ path, query: asked, signal, throwOnError: true })).data;
    },
  });
  const narrow = (next: CampaignSearch) => void navigate({ search: readCampaign({ ...next }), replace: true });
  const numbers = waves.map((each) => String(each.wave)).join();
  const filters = useMemo<FilterDefinition[]>(
    () => [
      {
        id: "status",
        kind: "options",
        label: t("columns.status"),
        options: TARGETS.map((each) => ({ id: each, label: t(`targets.${each}`) })),
      },
      {
        id: "wave",
        kind: "options",
        label: t("waves.one"),
        options: numbers
          .split(",")
          .filter((each) => each !== "0")
          .map((each) => ({ id: each, label: t("waves.number", { wave: each }) })),
      },
    ],
    [t, numbers],
  );
  return (
    <Card title={t("columns.chargers")}>
      <Panel>
        <FilterBar filters={filters} value={{ status, wave }} onChange={(values) => narrow({ ...values, q })}>
          <SearchBox
            label={t("campaigns.searchCharger")}
            value={q}
            onSearch={(text) => narrow({ ...search, q: text || undefined })}
          />
        </FilterBar>
        <DataGrid<CampaignTarget>
          label={t("columns.chargers")}
          columns={useColumns()}
          {...list.grid}
          isLoading={list.grid.isLoading && !list.isRefreshing}
          rowName={({ charger_id: charger }) => charger}
          sort={sort}
          onSort={setSort}
          count={t(list.isWhole ? "chargers.count" : "chargers.about", { count: list.total })}
          empty={
            <EmptyState
              isCompact
              title={t("chargers.filtered")}
              action={<Button onPress={() => narrow({})}>{t("clear")}</Button>}
            />
          }
        />
      </Panel>
    </Card>
  );
}
