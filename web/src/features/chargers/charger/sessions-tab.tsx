// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Sessions of this charger, the newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BatteryCharging } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listTransactions } from "@/api/sdk.gen";
import type { Charger, Transaction } from "@/api/types.gen";
import styles from "@/features/chargers/charger/charger.module.css";
import { useConnectorName } from "@/features/chargers/charger/action-dialogs";
import { atMostEvery, keyOf } from "@/features/chargers/charger/data";
import { useLoaded } from "@/features/chargers/charger/status-tab";
import { useSites } from "@/features/chargers/sites";
import { Ago, Badge, DataGrid, EmptyState, NoPermission, SegmentedControl, type GridColumn } from "@/kit";
import { useFormat } from "@/lib/format";
import { hear } from "@/lib/live";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

const PAGE = 50;
const AGAIN_MS = 5_000;
type Which = "all" | "active" | "completed" | "suspect";

export function SessionsTab() {
  const may = useMay();
  const charger = useLoaded()?.charger;
  if (!may("transaction:transaction:read")) return <NoPermission permission="transaction:transaction:read" />;
  return charger ? <Sessions charger={charger} /> : null;
}

function useSessionColumns(charger: Charger): GridColumn<Transaction>[] {
  const { t } = useTranslation("chargers");
  const zone = useSites().byId.get(charger.site_id ?? "")?.time_zone;
  const format = useFormat(zone);
  const nameOf = useConnectorName(charger.connectors);
  return useMemo(() => {
    const start = (row: Transaction) => row.start_timestamp ?? row.created_at;
    const seconds = (row: Transaction) =>
      row.stop_timestamp ? (Date.parse(row.stop_timestamp) - Date.parse(start(row))) / 1000 : null;
    const columns: GridColumn<Transaction>[] = [
      {
        id: "start",
        label: t("sessions.start"),
        width: 190,
        sortable: true,
        render: (row) => format.dateTime(start(row)),
      },
      { id: "connector", label: t("connectors.one"), width: 140, render: nameOf },
      { id: "tag", label: t("sessions.tag"), width: 150, render: ({ id_tag: tag }) => tag ?? "–" },
      { id: "status", label: t("columns.status"), width: 130, render: (row) => <SessionStatus row={row} /> },
      {
        id: "duration",
        label: t("connectors.duration"),
        width: 120,
        align: "end",
        render: (row) =>
          row.status === "active" ? (
            <Ago at={start(row)} />
          ) : seconds(row) === null ? (
            "–"
          ) : (
            format.duration(seconds(row) ?? 0)
          ),
      },
      {
        id: "energy",
        label: t("connectors.energy"),
        width: 110,
        align: "end",
        render: ({ energy_wh: energy }) => (energy === null ? "–" : format.energy(energy)),
      },
      { id: "reason", label: t("sessions.reason"), width: 150, render: ({ reason }) => reason ?? "–" },
      {
        id: "number",
        label: t("sessions.number"),
        width: 130,
        isHidden: true,
        render: ({ transaction_id: number, charger_ref: ref }) => (number === null ? (ref ?? "–") : String(number)),
      },
    ];
    return columns;
  }, [t, format, nameOf]);
}

function SessionStatus({ row }: { row: Transaction }) {
  const { t } = useTranslation("chargers");
  const tone = row.status === "active" ? "info" : row.status === "suspect" || row.flags.length ? "warning" : "neutral";
  return <Badge tone={tone}>{t(`sessions.status.${row.status}`)}</Badge>;
}

function Sessions({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const navigate = useNavigate();
  const columns = useSessionColumns(charger);
  const [which, setWhich] = useState<Which>("all");
  const [isDescending, setDescending] = useState(true);
  const [rows] = useState(() => new Rows<Transaction>());
  const key = keyOf(charger.id, "sessions", which, String(isDescending));
  const found = useInfiniteQuery({
    queryKey: key,
    queryFn: async ({ pageParam, signal }) => {
      const query = {
        charger_id: [charger.id],
        limit: PAGE,
        cursor: pageParam,
        sort: isDescending ? ("-start_timestamp" as const) : ("start_timestamp" as const),
        ...(which === "all" ? {} : { status: [which] }),
      };
      return (await listTransactions({ query, signal, throwOnError: true })).data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  useEffect(() => {
    const again = atMostEvery(
      AGAIN_MS,
      () => void queries.invalidateQueries({ queryKey: keyOf(charger.id, "sessions") }),
    );
    const stop = hear(["transaction_changed"], (event) => {
      if (event.charger_id === charger.id) again.ask();
    });
    return () => {
      stop();
      again.stop();
    };
  }, [charger.id]);
  const ids = useMemo(() => {
    const items = found.data?.pages.flatMap((page) => page.items) ?? [];
    for (const item of items) rows.put(item.id, item);
    return items.map(({ id }) => id);
  }, [found.data, rows]);
  const segments = (["all", "active", "completed", "suspect"] as const).map((id) => ({
    id,
    label: t(`sessions.which.${id}`),
  }));
  return (
    <DataGrid<Transaction>
      keptAs="charger_sessions"
      label={t("charger.tabs.sessions")}
      columns={columns}
      ids={ids}
      rows={rows}
      rowName={({ id_tag: tag, id }) => tag ?? id}
      total={found.hasNextPage ? undefined : ids.length}
      sort={{ column: "start", isDescending }}
      onSort={(sort) => setDescending(sort.isDescending)}
      onEnd={found.hasNextPage ? () => void found.fetchNextPage() : undefined}
      isLoading={found.isPending || found.isFetchingNextPage}
      problem={found.error}
      onRetry={() => void found.refetch()}
      onOpen={(id) => void navigate({ href: `/sessions/${id}` })}
      href={({ id }) => `/sessions/${id}`}
      toolbar={
        <div className={styles.scroller}>
          <SegmentedControl<Which>
            size="sm"
            label={t("sessions.show")}
            segments={segments}
            selected={which}
            onChange={setWhich}
          />
        </div>
      }
      empty={
        <EmptyState
          icon={<BatteryCharging aria-hidden />}
          title={t(which === "all" ? "sessions.none" : "sessions.noneOfThese")}
          text={which === "all" ? t("sessions.noneText") : undefined}
        />
      }
    />
  );
}
