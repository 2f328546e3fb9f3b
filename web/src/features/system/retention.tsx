// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How long what grows is kept, how large it is, and the order to clear up now. */
import { useQuery } from "@tanstack/react-query";
import { BrushCleaning } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { getStorage, runRetention } from "@/api/sdk.gen";
import type { TableSize } from "@/api/types.gen";
import { settingsQuery } from "@/features/system/api";
import { SectionCard } from "@/features/system/section-card";
import styles from "@/features/system/system.module.css";
import { Button, Card, ConfirmDialog, ErrorState, Loading, Skeleton, Table, toast } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

export function Retention() {
  const { data, error, refetch } = useQuery(settingsQuery);
  const item = data?.find(({ section }) => section === "retention");
  if (error) return <ErrorState problem={error} onRetry={() => void refetch()} />;
  return (
    <div className={styles.stack}>
      {item ? (
        <SectionCard item={item} />
      ) : (
        <Loading>
          <Skeleton variant="block" height="14rem" />
        </Loading>
      )}
      <Storage />
    </div>
  );
}

function Storage() {
  const { t } = useTranslation("system");
  const format = useFormat();
  const may = useMay();
  const [isAsking, setAsking] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["system", "storage"],
    queryFn: async ({ signal }) => (await getStorage({ signal, throwOnError: true })).data,
  });
  return (
    <Card
      title={t("storage.title")}
      description={data && t("storage.text", { size: format.bytes(data.bytes) })}
      isFlush
      actions={
        may("system:settings:update") && (
          <Button icon={<BrushCleaning aria-hidden />} onPress={() => setAsking(true)}>
            {t("storage.clear")}
          </Button>
        )
      }
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className={styles.padded}>
          <Loading>
            <Skeleton lines={6} />
          </Loading>
        </div>
      ) : (
        <Tables tables={data.tables} />
      )}
      {isAsking && (
        <ConfirmDialog
          isOpen
          onOpenChange={(isOpen) => isOpen || setAsking(false)}
          title={t("storage.clearTitle")}
          consequence={t("storage.clearText")}
          confirmLabel={t("storage.clear")}
          isDanger
          onConfirm={async () => {
            await runRetention({ throwOnError: true });
            toast({ tone: "success", title: t("storage.clearStarted") });
          }}
        />
      )}
    </Card>
  );
}

const LARGEST = 12;

/** "24 months", as the server says it. */
const KEPT = /^(\d+) (days|months)$/;

function Tables({ tables: all }: { tables: readonly TableSize[] }) {
  const { t } = useTranslation("system");
  const [isWhole, setWhole] = useState(false);
  const tables = isWhole ? all : all.slice(0, LARGEST);
  const format = useFormat();
  const kept = (text: string | null): string => {
    if (text === null) return t("storage.forEver");
    const [, count, unit] = KEPT.exec(text) ?? [];
    return count === undefined ? text : t(`settings.units.${unit}`, { count: Number(count) });
  };
  const list = (
    <Table
      label={t("storage.title")}
      rows={tables}
      rowId={({ table }) => table}
      defaultSort={{ column: "size", isDescending: true }}
      columns={[
        {
          id: "table",
          label: t("storage.table"),
          sortValue: ({ table }) => table,
          render: ({ table }) => <span className="mono">{table}</span>,
        },
        {
          id: "size",
          label: t("storage.size"),
          align: "end",
          sortValue: ({ bytes }) => bytes,
          render: ({ bytes }) => format.bytes(bytes),
        },
        {
          id: "rows",
          label: t("storage.rows"),
          align: "end",
          sortValue: ({ rows_estimate: rows }) => rows,
          render: ({ rows_estimate: rows }) => (rows === null ? "–" : format.number(rows)),
        },
        {
          id: "parts",
          label: t("storage.parts"),
          align: "end",
          render: ({ partitions }) => (partitions.length ? format.number(partitions.length) : "–"),
        },
        {
          id: "oldest",
          label: t("storage.oldest"),
          sortValue: ({ oldest }) => oldest,
          render: ({ oldest }) => (oldest === null ? "–" : format.date(oldest)),
        },
        { id: "kept", label: t("storage.kept"), render: (row) => kept(row.kept) },
      ]}
    />
  );
  return (
    <>
      {list}
      {all.length > tables.length && (
        <div className={styles.padded}>
          <Button size="sm" variant="quiet" onPress={() => setWhole(true)}>
            {t("storage.all", { count: all.length })}
          </Button>
        </div>
      )}
    </>
  );
}
