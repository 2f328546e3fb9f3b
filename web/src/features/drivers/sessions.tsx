// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What was charged with the tags that are a driver's now. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { listDriverTransactions } from "@/api/sdk.gen";
import type { Driver } from "@/api/types.gen";
import styles from "@/features/drivers/drivers.module.css";
import { Card, EmptyState, ErrorState, Skeleton, Table, TextLink } from "@/kit";
import { useFormat } from "@/lib/format";
import { appPath } from "@/lib/search";

const FEW = 8;

export function DriverSessions({ driver }: { driver: Driver }) {
  const { t } = useTranslation("drivers");
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ["drivers", "sessions", driver.id],
    queryFn: async ({ signal }) =>
      (
        await listDriverTransactions({
          path: { driver_id: driver.id },
          query: { limit: FEW },
          signal,
          throwOnError: true,
        })
      ).data.items,
  });
  return (
    <Card
      title={t("sessions.title")}
      isFlush
      actions={
        data &&
        data.length > 0 && (
          <TextLink to={appPath("/sessions", { tab: "finished", driver: driver.id })}>{t("sessions.all")}</TextLink>
        )
      }
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className={styles.padded}>
          <Skeleton lines={4} />
        </div>
      ) : (
        <Table
          label={t("sessions.title")}
          rows={data}
          rowId={({ id }) => id}
          empty={<EmptyState isCompact title={t("sessions.empty")} />}
          columns={[
            {
              id: "start",
              label: t("sessions.start"),
              render: ({ id, start_timestamp: at, start_received_at: received }) => (
                <TextLink to={`/sessions/${id}`}>{format.dateTime(at ?? received ?? 0)}</TextLink>
              ),
            },
            {
              id: "charger",
              label: t("sessions.charger"),
              render: ({ charger_id: charger, charger_name: name }) => name ?? charger,
            },
            { id: "tag", label: t("tags.tag"), render: ({ id_tag: tag }) => tag ?? "–" },
            {
              id: "energy",
              label: t("sessions.energy"),
              align: "end",
              render: ({ energy_wh: wh }) => (wh === null ? "–" : format.energy(wh)),
            },
          ]}
        />
      )}
    </Card>
  );
}
