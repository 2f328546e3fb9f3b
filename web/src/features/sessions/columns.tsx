// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Columns of the list of sessions. */
import { CircleStop } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { chargerName, isOpen, type SessionRow } from "@/features/sessions/model";
import { Attention, Duration, SessionStatus, WhoseTag } from "@/features/sessions/parts";
import type { SessionTab } from "@/features/sessions/search";
import { useWords } from "@/features/sessions/words";
import { Button, type GridColumn } from "@/kit";
import { useFormat } from "@/lib/format";

interface Options {
  tab: SessionTab;
  /** Left out where somebody may not stop sessions. */
  onStop?: (id: string) => void;
}

export function useColumns({ tab, onStop }: Options): GridColumn<SessionRow>[] {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const words = useWords();
  return useMemo(() => {
    const known = (value: number | null, text: (value: number) => string) => (value === null ? "–" : text(value));
    const at = (value: string | null) => known(value === null ? null : Date.parse(value), format.dateTime);
    const all: (GridColumn<SessionRow> & { tabs?: SessionTab[] })[] = [
      { id: "charger", label: t("columns.charger"), width: 132, render: chargerName },
      {
        id: "attention",
        label: t("columns.attention"),
        width: 190,
        tabs: ["attention"],
        render: ({ attention }) => <Attention reasons={attention} />,
      },
      { id: "tag", label: t("columns.tag"), width: 140, render: (row) => <WhoseTag row={row} /> },
      {
        id: "status",
        label: t("columns.status"),
        width: 150,
        tabs: ["attention", "active"],
        isHidden: tab === "attention",
        render: (row) => <SessionStatus row={row} />,
      },
      {
        id: "start_timestamp",
        label: t("columns.start"),
        width: 184,
        sortable: true,
        render: (row) => at(row.start_timestamp),
      },
      {
        id: "stop_timestamp",
        label: t("columns.end"),
        width: 184,
        sortable: true,
        tabs: ["finished"],
        isHidden: true,
        render: (row) => at(row.stop_timestamp),
      },
      {
        id: "duration",
        label: t("columns.duration"),
        width: 96,
        align: "end",
        render: (row) => <Duration row={row} />,
      },
      {
        id: "energy",
        label: t("columns.energy"),
        width: 96,
        align: "end",
        render: ({ energy_wh: wh }) => known(wh, format.energy),
      },
      {
        id: "power",
        label: t("columns.power"),
        width: 88,
        align: "end",
        tabs: ["attention", "active"],
        render: ({ power_w: watts }) => known(watts, format.power),
      },
      {
        id: "soc",
        label: t("columns.soc"),
        width: 80,
        align: "end",
        tabs: ["attention", "active"],
        isHidden: tab === "attention",
        render: ({ soc_percent: soc }) => known(soc, (value) => format.percent(value / 100, 0)),
      },
      {
        id: "cost",
        label: t("columns.cost"),
        width: 84,
        align: "end",
        isHidden: true,
        render: ({ total_cost: cost }) => known(cost, (value) => format.number(value, 2)),
      },
      {
        id: "reason",
        label: t("columns.reason"),
        width: 176,
        tabs: ["finished"],
        render: ({ reason }) => (reason === null ? "–" : words("reasons", reason)),
      },
      {
        id: "doubts",
        label: t("columns.doubts"),
        width: 190,
        tabs: ["active", "finished"],
        isHidden: tab === "active",
        render: ({ attention }) => <Attention reasons={attention} />,
      },
      {
        id: "transaction_id",
        label: t("columns.number"),
        width: 120,
        align: "end",
        sortable: true,
        isHidden: true,
        render: (row) => row.transaction_id ?? row.charger_ref ?? "–",
      },
    ];
    if (onStop) {
      all.push({
        id: "stop",
        label: t("columns.stop"),
        width: 104,
        isPinned: true,
        tabs: ["attention", "active"],
        render: (row) =>
          isOpen(row) && (
            <Button
              size="sm"
              excludeFromTabOrder
              icon={<CircleStop aria-hidden />}
              aria-label={t("stop.of", { name: chargerName(row) })}
              onPress={() => onStop(row.id)}
            >
              {t("stop.open")}
            </Button>
          ),
      });
    }
    return all.filter(({ tabs }) => !tabs || tabs.includes(tab));
  }, [t, format, words, tab, onStop]);
}
