// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where a user is signed in, and ending it there. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { endUserSession, listUserSessions } from "@/api/sdk.gen";
import type { SessionItem, UserItem } from "@/api/types.gen";
import styles from "@/features/people/people.module.css";
import { Ago, Badge, Button, Card, EmptyState, ErrorState, Loading, ProblemBanner, Skeleton } from "@/kit";
import { deviceOf } from "@/lib/device";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

export function UserSessions({ user }: { user: UserItem }) {
  const { t } = useTranslation("people");
  const may = useMay();
  const queryKey = ["users", "sessions", user.id];
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: async ({ signal }) =>
      (await listUserSessions({ path: { user_id: user.id }, signal, throwOnError: true })).data.items,
  });
  const end = useMutation({
    mutationFn: (id: string) => endUserSession({ path: { user_id: user.id, session_id: id }, throwOnError: true }),
    onSettled: () => queries.invalidateQueries({ queryKey }),
  });
  const mayWrite = may("account:user:write") && user.status !== "retired";
  return (
    <Card title={t("sessions.title")} description={t("sessions.text")}>
      {end.error && <ProblemBanner problem={end.error} />}
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : data.length === 0 ? (
        <EmptyState isCompact title={t("sessions.empty")} />
      ) : (
        <ul className={styles.items}>
          {data.map((item) => (
            <Session
              key={item.id}
              item={item}
              isPending={end.isPending && end.variables === item.id}
              onEnd={mayWrite && !item.current ? () => end.mutate(item.id) : undefined}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Session({ item, isPending, onEnd }: { item: SessionItem; isPending: boolean; onEnd?: () => void }) {
  const { t } = useTranslation("people");
  const format = useFormat();
  const { browser, system, words } = deviceOf(item.user_agent);
  const name = [browser, system].filter(Boolean).join(" · ") || (words ?? t("sessions.unknown"));
  return (
    <li className={styles.item}>
      <div>
        <p className={styles.itemTitle}>
          {name}
          {item.current && <Badge tone="success">{t("sessions.current")}</Badge>}
          {item.kind === "token" && <Badge>{t("sessions.program")}</Badge>}
        </p>
        <p className="soft">
          {item.address && (
            <>
              <span dir="ltr">{item.address}</span> ·{" "}
            </>
          )}
          {t("sessions.lastSeen")} <Ago at={item.last_seen_at} /> ·{" "}
          {t("sessions.since", { time: format.dateTime(item.created_at) })}
        </p>
      </div>
      {onEnd && (
        <Button size="sm" isPending={isPending} onPress={onEnd} aria-label={t("sessions.endNamed", { name })}>
          {t("sessions.end")}
        </Button>
      )}
    </li>
  );
}
