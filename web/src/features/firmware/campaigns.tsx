// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Campaigns: what they bring, how far they are. */
import { getRouteApi } from "@tanstack/react-router";
import { Plus, Rocket } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { listFirmwareCampaigns } from "@/api/sdk.gen";
import type { CampaignItem, ListFirmwareCampaignsData } from "@/api/types.gen";
import { campaignRows, PAGE, useLiveCampaigns } from "@/features/firmware/api";
import { campaignPath, isAlive, standOf, STATUSES } from "@/features/firmware/model";
import { CampaignBadge, Stand } from "@/features/firmware/parts";
import { SORTS, type FirmwareSearch } from "@/features/firmware/search";
import {
  Ago,
  Button,
  DataGrid,
  EmptyState,
  FilterBar,
  gridSort,
  LinkButton,
  Panel,
  SearchBox,
  type FilterDefinition,
  type GridColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/firmware");

export function campaignsFilter({ q, status }: FirmwareSearch): Record<string, string | string[]> {
  return { ...(q && { q }), ...(status && { status }) };
}

function useColumns(): GridColumn<CampaignItem>[] {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  return useMemo(
    () => [
      { id: "name", label: t("columns.name"), width: 220, sortable: true, render: ({ name }) => name },
      {
        id: "status",
        label: t("columns.status"),
        width: 140,
        render: ({ status }) => <CampaignBadge status={status} />,
      },
      { id: "version", label: t("columns.version"), width: 120, render: ({ version }) => version ?? "–" },
      {
        id: "progress",
        label: t("columns.progress"),
        width: 170,
        render: (campaign) => (
          <Stand label={t("columns.progress")} counts={campaign.counts} isAlive={isAlive(campaign)} isLabelHidden />
        ),
      },
      {
        id: "failed",
        label: t("targets.failed"),
        width: 110,
        align: "end",
        render: ({ counts }) => {
          const { failed } = standOf(counts);
          return failed ? format.number(failed) : "–";
        },
      },
      {
        id: "starts_at",
        label: t("columns.begins"),
        width: 170,
        sortable: true,
        render: ({ started_at: begun, starts_at: at }) => {
          const known = begun ?? at;
          return known === null ? "–" : format.dateTime(known);
        },
      },
      { id: "actor", label: t("columns.actor"), width: 140, render: ({ actor_name: actor }) => actor },
      {
        id: "created_at",
        label: t("columns.created"),
        width: 150,
        sortable: true,
        render: ({ created_at: at }) => <Ago at={at} />,
      },
    ],
    [t, format],
  );
}

export function CampaignList() {
  const { t } = useTranslation("firmware");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = (next: FirmwareSearch) => void navigate({ search: next, replace: true });
  const query = { ...campaignsFilter(search), ...(search.sort && { sort: search.sort }) };
  const list = useServerList<CampaignItem>({
    queryKey: ["firmware", "campaigns", query],
    rows: campaignRows,
    idOf: ({ id }) => id,
    load: async (cursor, signal) => {
      const asked = { ...query, limit: PAGE, cursor } as ListFirmwareCampaignsData["query"];
      return (await listFirmwareCampaigns({ query: asked, signal, throwOnError: true })).data;
    },
  });
  const isSomeAlive = list.ids.some((id) => {
    const row = campaignRows.get(id);
    return row ? isAlive(row) : false;
  });
  useLiveCampaigns(isSomeAlive);
  const filters = useMemo<FilterDefinition[]>(
    () => [
      {
        id: "status",
        kind: "options",
        label: t("columns.status"),
        options: STATUSES.map((id) => ({ id, label: t(`status.${id}`) })),
      },
    ],
    [t],
  );
  return (
    <Panel>
      <FilterBar
        filters={filters}
        value={{ status: search.status }}
        onChange={({ status }) => narrow({ ...search, status: status as string[] | undefined })}
      >
        <SearchBox
          label={t("campaigns.search")}
          value={search.q}
          onSearch={(q) => narrow({ ...search, q: q || undefined })}
        />
      </FilterBar>
      <DataGrid<CampaignItem>
        label={t("tabs.campaigns")}
        columns={useColumns()}
        {...list.grid}
        isLoading={list.grid.isLoading && !list.isRefreshing}
        rowName={({ name }) => name}
        {...gridSort(search, SORTS, "-created_at", narrow)}
        onOpen={(id) => void navigate({ to: campaignPath(id) })}
        href={({ id }) => campaignPath(id)}
        count={t(list.isWhole ? "campaigns.count" : "campaigns.about", { count: list.total })}
        empty={
          search.q || search.status ? (
            <EmptyState
              title={t("campaigns.filtered")}
              action={<Button onPress={() => narrow({})}>{t("clear")}</Button>}
            />
          ) : (
            <Nothing />
          )
        }
      />
    </Panel>
  );
}

function Nothing() {
  const { t } = useTranslation("firmware");
  const may = useMay();
  return (
    <EmptyState
      icon={<Rocket aria-hidden />}
      title={t("campaigns.none")}
      text={t("campaigns.noneText")}
      action={
        may("charger:firmware:install") && (
          <LinkButton to="/firmware/new" variant="primary" icon={<Plus aria-hidden />}>
            {t("campaigns.add")}
          </LinkButton>
        )
      }
    />
  );
}
