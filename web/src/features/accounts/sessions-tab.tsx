// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where the account is open, and closing it there. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { listMySessionsOptions } from "@/api/@tanstack/react-query.gen";
import { endMyOtherSessions, endMySession } from "@/api/sdk.gen";
import type { SessionItem } from "@/api/types.gen";
import { Ago, Badge, Button, Card, ConfirmDialog, ErrorState, Loading, Skeleton, toast } from "@/kit";
import { useFormat } from "@/lib/format";

import { deviceOf } from "@/lib/device";
import styles from "./parts.module.css";
import { Refusal } from "./refusal";

export function SessionsTab() {
  const { t } = useTranslation("accounts");
  const queries = useQueryClient();
  const sessions = useQuery(listMySessionsOptions());
  const [isEnding, setEnding] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: listMySessionsOptions().queryKey });
  const end = useMutation({
    mutationFn: (id: string) => endMySession({ path: { session_id: id }, throwOnError: true }),
    onSettled: refresh,
  });
  const others = sessions.data?.items.filter(({ current }) => !current).length ?? 0;
  return (
    <Card
      title={t("sessions.title")}
      description={t("sessions.description")}
      actions={
        others > 0 && (
          <Button icon={<LogOut aria-hidden />} onPress={() => setEnding(true)}>
            {t("sessions.endOthers")}
          </Button>
        )
      }
    >
      <Refusal problem={end.error} />
      {sessions.isPending && (
        <Loading>
          <Skeleton lines={4} height="2rem" />
        </Loading>
      )}
      {sessions.isError && <ErrorState isCompact problem={sessions.error} onRetry={() => void sessions.refetch()} />}
      <ul className={styles.items}>
        {sessions.data?.items.map((item) => (
          <Session
            key={item.id}
            item={item}
            isPending={end.isPending && end.variables === item.id}
            onEnd={() => end.mutate(item.id)}
          />
        ))}
      </ul>
      <ConfirmDialog
        title={t("sessions.endOthersTitle")}
        consequence={t("sessions.endOthersText", { count: others })}
        confirmLabel={t("sessions.endOthers")}
        isDanger
        isOpen={isEnding}
        onOpenChange={setEnding}
        onConfirm={async () => {
          const { data } = await endMyOtherSessions({ throwOnError: true });
          toast({ tone: "success", title: t("sessions.ended", { count: data.ended }) });
          await refresh();
        }}
      />
    </Card>
  );
}

function Session({ item, isPending, onEnd }: { item: SessionItem; isPending: boolean; onEnd: () => void }) {
  const { t } = useTranslation("accounts");
  const format = useFormat();
  const { browser, system, words } = deviceOf(item.user_agent);
  const name = browser
    ? system
      ? t("sessions.device", { browser, system })
      : browser
    : (words ?? t("sessions.unknown"));
  return (
    <li className={styles.item}>
      <div className={styles.itemText}>
        <p className={styles.itemTitle}>
          {name}
          {item.current && <Badge tone="success">{t("sessions.current")}</Badge>}
          {item.kind === "token" && <Badge>{t("sessions.program")}</Badge>}
        </p>
        <p className={styles.small}>
          {item.address && <span dir="ltr">{item.address}</span>}
          {item.address && " · "}
          {t("sessions.lastSeen")} <Ago at={item.last_seen_at} /> ·{" "}
          {t("sessions.since", { time: format.dateTime(item.created_at) })}
        </p>
      </div>
      {!item.current && (
        <Button size="sm" isPending={isPending} onPress={onEnd} aria-label={t("sessions.endNamed", { name })}>
          {t("sessions.end")}
        </Button>
      )}
    </li>
  );
}
