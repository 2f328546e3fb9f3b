// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Whether mails go out, and a test of each way that notifications take. */
import { useQuery } from "@tanstack/react-query";
import { MailCheck, MailX, Send } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { getInstallation, listNotificationChannels, testNotificationChannel } from "@/api/sdk.gen";
import type { Channel } from "@/api/types.gen";
import styles from "@/features/system/system.module.css";
import { Badge, Banner, Button, Card, EmptyState, ErrorState, Loading, Skeleton, Table } from "@/kit";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";

const MOST = 100;

export function Mail() {
  const { t } = useTranslation("system");
  const installation = useQuery({
    queryKey: ["system", "installation"],
    queryFn: async ({ signal }) => (await getInstallation({ signal, throwOnError: true })).data,
    staleTime: 60_000,
  }).data;
  return (
    <div className={styles.stack}>
      {installation && (
        <Banner
          tone={installation.mails ? "success" : "warning"}
          live="off"
          title={t(installation.mails ? "mail.on" : "mail.off")}
        >
          {installation.mails ? (
            t("mail.onText")
          ) : (
            <>
              {t("mail.offText")} <code className="mono">CSMS_MAIL__HOST</code>
            </>
          )}
        </Banner>
      )}
      <Channels />
    </div>
  );
}

function Channels() {
  const { t } = useTranslation("system");
  const may = useMay();
  const { data, error, refetch } = useQuery({
    queryKey: ["system", "channels"],
    queryFn: async ({ signal }) =>
      (await listNotificationChannels({ query: { limit: MOST }, signal, throwOnError: true })).data.items,
  });
  const mayTest = may("notification:channel:write");
  return (
    <Card title={t("mail.channels")} description={t("mail.channelsText")} isFlush={Boolean(data?.length)}>
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : (
        <Table
          label={t("mail.channels")}
          rows={data}
          rowId={({ id }) => id}
          empty={<EmptyState isCompact icon={<MailX aria-hidden />} title={t("mail.none")} text={t("mail.noneText")} />}
          columns={[
            { id: "name", label: t("mail.name"), render: ({ name }) => name },
            { id: "kind", label: t("mail.kind"), render: ({ kind }) => t(`mail.kinds.${kind}`) },
            {
              id: "target",
              label: t("mail.target"),
              render: ({ target }) => <bdi className="mono">{target}</bdi>,
            },
            {
              id: "enabled",
              label: t("mail.state"),
              render: ({ enabled }) => (
                <Badge tone={enabled ? "success" : "neutral"}>{t(enabled ? "settings.on" : "settings.off")}</Badge>
              ),
            },
            ...(mayTest
              ? [
                  {
                    id: "test",
                    label: t("mail.test"),
                    isLabelHidden: true,
                    render: (channel: Channel) => <Test channel={channel} />,
                  },
                ]
              : []),
          ]}
        />
      )}
    </Card>
  );
}

type Outcome = { kind: "sent" } | { kind: "failed"; why: string };

function Test({ channel }: { channel: Channel }) {
  const { t } = useTranslation("system");
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [isPending, setPending] = useState(false);
  const test = async () => {
    setPending(true);
    setOutcome(null);
    try {
      const { data } = await testNotificationChannel({ path: { channel_id: channel.id }, throwOnError: true });
      setOutcome(data.sent ? { kind: "sent" } : { kind: "failed", why: data.error ?? "" });
    } catch (error) {
      setOutcome({ kind: "failed", why: problemOf(error).message });
    } finally {
      setPending(false);
    }
  };
  return (
    <div className={styles.row}>
      <Button
        size="sm"
        icon={<Send aria-hidden />}
        isPending={isPending}
        onPress={() => void test()}
        aria-label={t("mail.testOf", { name: channel.name })}
      >
        {t("mail.test")}
      </Button>
      <span role="status" className={styles.check}>
        {outcome?.kind === "sent" && (
          <Badge tone="success" icon={<MailCheck aria-hidden />}>
            {t("mail.sent")}
          </Badge>
        )}
        {outcome?.kind === "failed" && (
          <>
            <Badge tone="danger" icon={<MailX aria-hidden />}>
              {t("mail.failed")}
            </Badge>
            <span lang="en" dir="ltr" className="soft">
              {outcome.why}
            </span>
          </>
        )}
      </span>
    </div>
  );
}
