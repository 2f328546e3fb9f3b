// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What became of a campaign at each charger. */
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listFirmwareCampaignChargers } from "@/api/sdk.gen";
import type { Campaign, CampaignTarget, ListFirmwareCampaignChargersData } from "@/api/types.gen";
import { PAGE, targetRows } from "@/features/firmware/api";
import { TARGETS } from "@/features/firmware/model";
import { TargetBadge } from "@/features/firmware/parts";
import { readCampaign, type CampaignSearch } from "@/features/firmware/search";
import {
  Ago,
  Button,
  Card,
  DataGrid,
  EmptyState,
  FilterBar,
  Panel,
  SearchBox,
  TextLink,
  type FilterDefinition,
  type GridColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";

const route = getRouteApi("/signed-in/firmware/campaigns/$id");

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

export function Chargers({ campaign: { id, by_wave: waves } }: { campaign: Campaign }) {
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
