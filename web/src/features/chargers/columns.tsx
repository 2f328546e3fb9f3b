// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The columns of the list. */
import type { TFunction } from "i18next";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { Site } from "@/api/types.gen";
import { lastHeard, powerOf, type ChargerRow } from "@/features/chargers/model";
import { useSites } from "@/features/chargers/sites";
import { ConnectorStatuses } from "@/features/chargers/status";
import styles from "@/features/chargers/list.module.css";
import { Ago, Badge, type GridColumn } from "@/kit";
import { useFormat, type Format } from "@/lib/format";

function None() {
  return <span className={styles.none}>–</span>;
}

function Name({ row }: { row: ChargerRow }) {
  return (
    <span className={styles.name}>
      <span className={styles.id}>{row.id}</span>
      {row.name && <span className={styles.words}>{row.name}</span>}
    </span>
  );
}

function Power({ row, format }: { row: ChargerRow; format: Format }) {
  const power = powerOf(row);
  return power === null ? <None /> : <span className="numbers">{format.power(power)}</span>;
}

function Heard({ row, sites }: { row: ChargerRow; sites: ReadonlyMap<string, Site> }) {
  const at = lastHeard(row);
  return at ? <Ago at={at} zone={sites.get(row.site_id ?? "")?.time_zone} /> : <None />;
}

function columnsOf(t: TFunction<"chargers">, format: Format, sites: ReadonlyMap<string, Site>, seesAlerts: boolean) {
  const columns: GridColumn<ChargerRow>[] = [
    {
      id: "charger",
      label: t("columns.charger"),
      width: 170,
      minWidth: 140,
      sortable: true,
      render: (row) => <Name row={row} />,
    },
    {
      id: "site",
      label: t("columns.site"),
      width: 112,
      render: ({ site_id: site }) => (site && sites.get(site)?.name) || <None />,
    },
    {
      id: "status",
      label: t("columns.status"),
      width: 200,
      minWidth: 120,
      render: (row) => <ConnectorStatuses charger={row} />,
    },
    {
      id: "power",
      label: t("columns.power"),
      width: 88,
      align: "end",
      render: (row) => <Power row={row} format={format} />,
    },
    {
      id: "heard",
      label: t("columns.heard"),
      width: 144,
      sortable: true,
      render: (row) => <Heard row={row} sites={sites} />,
    },
    {
      id: "protocol",
      label: t("columns.protocol"),
      width: 66,
      render: ({ protocol }) => versionOf(protocol) ?? <None />,
    },
    { id: "model", label: t("columns.model"), width: 150, render: (row) => modelOf(row) ?? <None /> },
    {
      id: "firmware",
      label: t("columns.firmware"),
      width: 92,
      render: ({ firmware_version: firmware }) => firmware ?? <None />,
    },
    {
      id: "serial",
      label: t("columns.serial"),
      width: 140,
      isHidden: true,
      render: ({ serial_number: serial }) => serial ?? <None />,
    },
    {
      id: "profile",
      label: t("columns.profile"),
      width: 110,
      isHidden: true,
      align: "end",
      render: ({ security_profile: profile }) => format.number(profile),
    },
    {
      id: "created",
      label: t("columns.created"),
      width: 132,
      isHidden: true,
      sortable: true,
      render: ({ created_at: at }) => <Ago at={at} />,
    },
  ];
  const alerts: GridColumn<ChargerRow> = {
    id: "alerts",
    label: t("columns.alerts"),
    width: 76,
    align: "end",
    render: ({ alerts: count }) => (count ? <Badge tone="danger">{format.number(count)}</Badge> : <None />),
  };
  return seesAlerts ? [...columns, alerts] : columns;
}

/** Without the letters that every version has. */
export function versionOf(protocol: string | null): string | null {
  return protocol?.replace(/^ocpp/, "") ?? null;
}

export function modelOf({ vendor, model }: Pick<ChargerRow, "vendor" | "model">): string | null {
  return [vendor, model].filter(Boolean).join(" ") || null;
}

export function useColumns(seesAlerts: boolean): GridColumn<ChargerRow>[] {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const { byId } = useSites();
  return useMemo(() => columnsOf(t, format, byId, seesAlerts), [t, format, byId, seesAlerts]);
}
