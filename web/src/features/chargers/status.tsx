// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How a charger and its connectors are, in signs. */
import { useTranslation } from "react-i18next";

import type { Charger, ChargerConnector } from "@/api/types.gen";
import { familyOf, hasConnected, STATUSES, statusOf, worstFamily } from "@/features/chargers/model";
import styles from "@/features/chargers/status.module.css";
import { Badge, StatusBadge } from "@/kit";

/** Words for a status; vendors have some of their own, which stay as they are. */
export function useStatusText(): (status: string) => string {
  const { t } = useTranslation("chargers");
  return (status) => (STATUSES.includes(status) ? t(`status.${status}`) : status);
}

export function ConnectorStatus({
  connector,
  since,
  size,
}: {
  connector: ChargerConnector;
  since?: boolean;
  size?: "sm";
}) {
  const text = useStatusText();
  const at = connector.status_at ?? connector.last_status_update;
  return (
    <StatusBadge
      family={familyOf(connector.state)}
      label={text(statusOf(connector))}
      since={since ? at : undefined}
      size={size}
    />
  );
}

type Shown = Pick<
  Charger,
  "online" | "status" | "connectors" | "disconnected_at" | "connected_at" | "boot_at" | "protocol" | "retired_at"
>;

/** Of a charger as a whole: the one sign that says most. */
export function ChargerStatus({ charger }: { charger: Shown }) {
  const { t } = useTranslation("chargers");
  if (charger.retired_at) return <Badge>{t("status.retired")}</Badge>;
  if (!hasConnected(charger)) return <StatusBadge family="offline" label={t("status.never")} />;
  if (!charger.online) return <StatusBadge family="offline" since={charger.disconnected_at} />;
  return <StatusBadge family={worstFamily(charger)} />;
}

const SHOWN = 2;

/** Each status once, with how many connectors have it. */
export function ConnectorStatuses({ charger }: { charger: Shown }) {
  const { t } = useTranslation("chargers");
  const text = useStatusText();
  if (!charger.online || charger.retired_at || !charger.connectors.length) return <ChargerStatus charger={charger} />;
  const counts = new Map<string, { connector: ChargerConnector; count: number }>();
  for (const connector of charger.connectors) {
    const status = statusOf(connector);
    counts.set(status, { connector, count: (counts.get(status)?.count ?? 0) + 1 });
  }
  const groups = [...counts];
  const rest = groups.slice(SHOWN).reduce((sum, [, { count }]) => sum + count, 0);
  return (
    <span className={styles.statuses}>
      {groups.slice(0, SHOWN).map(([status, { connector, count }]) => (
        <StatusBadge
          key={status}
          family={familyOf(connector.state)}
          label={count > 1 ? t("status.times", { count, status: text(status) }) : text(status)}
          size="sm"
        />
      ))}
      {rest > 0 && <Badge>{t("status.more", { count: rest })}</Badge>}
    </span>
  );
}
