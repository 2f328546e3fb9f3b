// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Whose personal data was handed out or erased, and how far what was asked for is. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Download, FileLock2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import { listPrivacyErasures, listPrivacyExports } from "@/api/sdk.gen";
import type { PrivacyRequest } from "@/api/types.gen";
import styles from "@/features/system/system.module.css";
import {
  Badge,
  Button,
  Card,
  EmptyState,
  ErrorState,
  Loading,
  Skeleton,
  Table,
  TextLink,
  toast,
  type Tone,
} from "@/kit";
import { fetchFile } from "@/lib/files";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";

type Kind = "exports" | "erasures";

const PAGE = 20;
const LISTS = { exports: listPrivacyExports, erasures: listPrivacyErasures };
const TONES: Readonly<Record<PrivacyRequest["status"], Tone | "neutral">> = {
  queued: "info",
  done: "success",
  expired: "neutral",
};
const PLACES = { driver: "/drivers/", token: "/tags/", user: null } as const;

export function Privacy() {
  const may = useMay();
  return (
    <div className={styles.stack}>
      {may("privacy:person:export") && <Requests kind="exports" />}
      {may("privacy:person:erase") && <Requests kind="erasures" />}
    </div>
  );
}

function Requests({ kind }: { kind: Kind }) {
  const { t } = useTranslation("system");
  const format = useFormat();
  const found = useInfiniteQuery({
    queryKey: ["system", "privacy", kind],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE, cursor: pageParam };
      return (await LISTS[kind]({ query, signal, throwOnError: true })).data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card
      title={t(`privacy.${kind}`)}
      description={t(`privacy.${kind}Text`)}
      isFlush={rows.length > 0}
      footer={
        found.hasNextPage && (
          <Button
            size="sm"
            variant="quiet"
            isPending={found.isFetchingNextPage}
            onPress={() => void found.fetchNextPage()}
          >
            {t("settings.earlier")}
          </Button>
        )
      }
    >
      {found.error && !rows.length ? (
        <ErrorState isCompact problem={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading>
          <Skeleton lines={3} />
        </Loading>
      ) : (
        <Table
          label={t(`privacy.${kind}`)}
          rows={rows}
          rowId={({ id }) => id}
          empty={
            <EmptyState
              isCompact
              icon={<FileLock2 aria-hidden />}
              title={t(`privacy.no_${kind}`)}
              text={t("privacy.where")}
            />
          }
          columns={[
            { id: "at", label: t("privacy.at"), render: ({ created_at: at }) => format.dateTime(at) },
            {
              id: "whose",
              label: t("privacy.whose"),
              render: (row) => <Whose row={row} isThere={kind === "exports"} />,
            },
            {
              id: "status",
              label: t("privacy.status"),
              render: ({ status }) => <Badge tone={TONES[status]}>{t(`privacy.states.${status}`)}</Badge>,
            },
            {
              id: "rows",
              label: t("privacy.rows"),
              align: "end",
              render: ({ counts }) =>
                counts === null ? "–" : format.number(Object.values(counts).reduce((sum, each) => sum + each, 0)),
            },
            ...(kind === "exports"
              ? [
                  {
                    id: "file",
                    label: t("privacy.file"),
                    render: (row: PrivacyRequest) => <File row={row} />,
                  },
                ]
              : []),
          ]}
        />
      )}
    </Card>
  );
}

function Whose({ row, isThere }: { row: PrivacyRequest; isThere: boolean }) {
  const { t } = useTranslation("system");
  const { subject_kind: kind, subject_id: id } = row;
  const place = isThere ? PLACES[kind] : null;
  return (
    <span>
      {t(`privacy.kinds.${kind}`)}{" "}
      <bdi className="mono">{place ? <TextLink to={`${place}${id}`}>{id}</TextLink> : id}</bdi>
    </span>
  );
}

function File({ row }: { row: PrivacyRequest }) {
  const { t } = useTranslation("system");
  const format = useFormat();
  if (row.status !== "done") return <>–</>;
  const get = () =>
    fetchFile(`/api/v1/privacy/exports/${row.id}/content`, `${row.subject_kind}-${row.subject_id}.zip`).catch(
      (error: unknown) => toast({ tone: "danger", title: problemOf(error).message }),
    );
  return (
    <span className={styles.row}>
      <Button size="sm" icon={<Download aria-hidden />} onPress={() => void get()}>
        {row.size_bytes === null ? t("privacy.download") : format.bytes(row.size_bytes)}
      </Button>
      {row.expires_at && <span className="soft">{t("privacy.until", { time: format.date(row.expires_at) })}</span>}
    </span>
  );
}
