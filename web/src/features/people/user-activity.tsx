// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a user did, the newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { listUserActivity } from "@/api/sdk.gen";
import type { UserItem } from "@/api/types.gen";
import styles from "@/features/people/people.module.css";
import { Button, Card, EmptyState, ErrorState, Loading, Skeleton, Table } from "@/kit";
import { useAuditWords } from "@/lib/audit";
import { useFormat } from "@/lib/format";

const PAGE = 25;

export function UserActivity({ user }: { user: UserItem }) {
  const { t } = useTranslation("people");
  const format = useFormat();
  const words = useAuditWords();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["users", "activity", user.id],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE, cursor: pageParam ?? undefined };
      return (await listUserActivity({ path: { user_id: user.id }, query, signal, throwOnError: true })).data;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const rows = data?.pages.flatMap(({ items }) => items);
  return (
    <Card title={t("activity.title")} description={t("activity.text")} isFlush>
      {error && !rows ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !rows ? (
        <div className={styles.padded}>
          <Loading>
            <Skeleton lines={6} />
          </Loading>
        </div>
      ) : (
        <>
          <Table
            label={t("activity.title")}
            rows={rows}
            rowId={({ id }) => id}
            empty={<EmptyState isCompact title={t("activity.empty")} />}
            columns={[
              { id: "at", label: t("activity.at"), render: ({ at }) => format.dateTime(at) },
              { id: "action", label: t("activity.action"), render: ({ action }) => words.action(action) },
              {
                id: "subject",
                label: t("activity.subject"),
                render: ({ subject_kind: kind, subject_id: id }) => (
                  <span>
                    {words.thing(kind)} <bdi className={styles.mono}>{id}</bdi>
                  </span>
                ),
              },
              {
                id: "address",
                label: t("activity.address"),
                render: ({ address }) => <span dir="ltr">{address ?? "–"}</span>,
              },
            ]}
          />
          {hasNextPage && (
            <div className={styles.padded}>
              <Button size="sm" isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
                {t("activity.more")}
              </Button>
            </div>
          )}
        </>
      )}
    </Card>
  );
}
