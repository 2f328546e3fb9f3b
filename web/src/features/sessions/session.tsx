// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One session: what it is, what was measured, what happened. */
import { getRouteApi } from "@tanstack/react-router";
import { CircleStop } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { TransactionWhole } from "@/api/types.gen";
import { Facts } from "@/features/sessions/facts";
import styles from "@/features/sessions/session.module.css";
import { chargerName, isOpen } from "@/features/sessions/model";
import { useWholeSession } from "@/features/sessions/one";
import { SessionStatus } from "@/features/sessions/parts";
import { SignedData } from "@/features/sessions/signed-data";
import { SessionTimeline } from "@/features/sessions/timeline";
import { useWords } from "@/features/sessions/words";
import { Banner, Button, Card, ErrorState, ForbiddenPage, Loading, Page, PageHeader, Skeleton } from "@/kit";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/sessions/$sessionId");
const Curves = lazy(() => import("@/features/sessions/curves").then((file) => ({ default: file.Curves })));
const StopDialog = lazy(() => import("@/features/sessions/stop-dialog").then((file) => ({ default: file.StopDialog })));
const READ = "transaction:transaction:read";

export function SessionPage() {
  const { t } = useTranslation("sessions");
  const { sessionId } = route.useParams();
  const may = useMay();
  const crumbs = [{ label: t("title"), to: "/sessions" }, { label: t("one.title") }];
  if (may(READ)) return <Read id={sessionId} crumbs={crumbs} />;
  return <ForbiddenPage title={t("one.title")} permission={READ} breadcrumbs={crumbs} />;
}

function Read({ id, crumbs }: { id: string; crumbs: { label: string; to?: string }[] }) {
  const { t } = useTranslation("sessions");
  const { data, error, refetch } = useWholeSession(id);
  if (data) return <Session key={data.id} session={data} crumbs={crumbs} />;
  return (
    <>
      <PageHeader title={t("one.title")} breadcrumbs={crumbs} />
      {error ? (
        <ErrorState problem={error} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <Skeleton variant="block" height="9rem" />
          <Skeleton variant="block" height="20rem" />
        </Loading>
      )}
    </>
  );
}

function Session({ session, crumbs }: { session: TransactionWhole; crumbs: { label: string; to?: string }[] }) {
  const { t } = useTranslation("sessions");
  const may = useMay();
  const [isStopping, setStopping] = useState(false);
  const mayStop =
    (may("charger:command:send") && may("transaction:transaction:control")) ||
    (session.can?.close_transaction ?? false);
  const number = session.transaction_id ?? session.charger_ref ?? session.reported_ref;
  return (
    <Page
      title={number === null ? t("one.title") : t("one.numbered", { number: String(number) })}
      description={chargerName(session)}
      breadcrumbs={crumbs}
      status={<SessionStatus row={session} size="md" />}
      actions={
        mayStop &&
        isOpen(session) && (
          <Button icon={<CircleStop aria-hidden />} onPress={() => setStopping(true)}>
            {t("stop.open")}
          </Button>
        )
      }
    >
      <Doubts session={session} />
      <Facts session={session} />
      <Card title={t("curves.title")}>
        <Suspense fallback={<Skeleton variant="block" height="18rem" />}>
          <Curves session={session} />
        </Suspense>
      </Card>
      <SignedData session={session} />
      <SessionTimeline session={session} />
      {isStopping && (
        <Suspense>
          <StopDialog id={session.id} onClose={() => setStopping(false)} />
        </Suspense>
      )}
    </Page>
  );
}

function Doubts({ session }: { session: TransactionWhole }) {
  const { t } = useTranslation("sessions");
  const words = useWords();
  const { attention } = session;
  if (!attention.length) return null;
  return (
    <Banner tone="warning" title={t("one.attention")} live="off">
      <ul className={styles.doubts}>
        {attention.map((reason) => (
          <li key={reason}>{t(`why.${reason}`, { defaultValue: words("attention", reason) })}</li>
        ))}
      </ul>
    </Banner>
  );
}
