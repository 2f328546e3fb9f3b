// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One webhook: how it does, and what was sent. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { CirclePause, CirclePlay, KeyRound, Pencil, Send, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { pauseWebhook, resumeWebhook, testWebhook } from "@/api/sdk.gen";
import type { Webhook } from "@/api/types.gen";
import { webhookQuery, webhooksChanged } from "@/features/webhooks/api";
import { Deliveries } from "@/features/webhooks/deliveries";
import type { Asked } from "@/features/webhooks/dialogs";
import { useEventName, WebhookStatus } from "@/features/webhooks/parts";
import styles from "@/features/webhooks/webhooks.module.css";
import {
  Ago,
  AwaitedPage,
  Banner,
  Button,
  Card,
  KeyValue,
  MenuButton,
  Page,
  ProblemBanner,
  toast,
  useNow,
  type Fact,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/webhooks/$webhookId");
const Dialogs = lazy(() => import("@/features/webhooks/dialogs").then((file) => ({ default: file.WebhookDialogs })));
const READ = "webhook:webhook:read";

export function WebhookPage() {
  const { t } = useTranslation("webhooks");
  const { webhookId } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...webhookQuery(webhookId), enabled: may(READ) });
  if (query.data) return <One webhook={query.data} />;
  return (
    <AwaitedPage title={t("one.title")} list={{ label: t("title"), to: "/webhooks" }} permission={READ} query={query} />
  );
}

function One({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("webhooks");
  const may = useMay();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const path = { webhook_id: webhook.id };
  const isPaused = webhook.status === "paused";
  const mayWrite = webhook.can?.update_webhook ?? may("webhook:webhook:write");
  const test = useMutation({
    mutationFn: async () => (await testWebhook({ path, throwOnError: true })).data,
  });
  const turn = useMutation({
    mutationFn: async () => (isPaused ? resumeWebhook : pauseWebhook)({ path, throwOnError: true }),
    onSuccess: () => {
      toast({ tone: "success", title: t(isPaused ? "resumed" : "pausedNow") });
      webhooksChanged();
    },
  });
  const name = webhook.description ?? webhook.url;
  return (
    <Page
      title={name}
      status={<WebhookStatus webhook={webhook} />}
      breadcrumbs={[{ label: t("title"), to: "/webhooks" }, { label: name }]}
      actions={
        mayWrite && (
          <>
            <Button icon={<Send aria-hidden />} isPending={test.isPending} onPress={() => test.mutate()}>
              {t("test.do")}
            </Button>
            <Button
              variant={isPaused ? "primary" : "secondary"}
              icon={isPaused ? <CirclePlay aria-hidden /> : <CirclePause aria-hidden />}
              isPending={turn.isPending}
              onPress={() => turn.mutate()}
            >
              {t(isPaused ? "resume" : "pause")}
            </Button>
            <MenuButton
              label={t("more")}
              isIconOnly
              variant="secondary"
              items={[
                {
                  id: "edit",
                  label: t("edit"),
                  icon: <Pencil aria-hidden />,
                  onAction: () => setAsked({ kind: "edit", of: webhook }),
                },
                {
                  id: "rotate",
                  label: t("rotate.do"),
                  icon: <KeyRound aria-hidden />,
                  onAction: () => setAsked({ kind: "rotate", of: webhook }),
                },
                {
                  id: "delete",
                  label: t("delete.do"),
                  icon: <Trash2 aria-hidden />,
                  isDanger: true,
                  startsGroup: true,
                  onAction: () => setAsked({ kind: "delete", of: webhook }),
                },
              ]}
            />
          </>
        )
      }
    >
      {turn.error && <ProblemBanner problem={turn.error} />}
      {test.error && <ProblemBanner problem={test.error} />}
      {test.data && (
        <Banner
          tone={test.data.delivered ? "success" : "danger"}
          title={t(test.data.delivered ? "test.taken" : "test.refused")}
          onClose={() => test.reset()}
        >
          {t("test.answer", { status: test.data.response_status ?? "–", ms: test.data.latency_ms })} {test.data.error}
        </Banner>
      )}
      <Condition webhook={webhook} />
      <Facts webhook={webhook} />
      <Deliveries webhook={webhook} mayWrite={mayWrite} />
      {asked && (
        <Suspense>
          <Dialogs
            asked={asked}
            onClose={() => setAsked(null)}
            onDeleted={() => void navigate({ to: "/webhooks" }).then(webhooksChanged)}
          />
        </Suspense>
      )}
    </Page>
  );
}

/** Why it stands still, or that it soon may. */
function Condition({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  const { status, paused_reason: reason, failures, failing_since: since, last_error: error, retry_at: retry } = webhook;
  if (status === "paused") {
    return (
      <Banner tone="warning" live="off" title={t(`paused.${reason ?? "person"}`)}>
        {t("paused.text")} {error}
      </Banner>
    );
  }
  if (!failures) return null;
  return (
    <Banner tone="danger" live="off" title={t("failing.title", { count: failures })}>
      {since && t("failing.since", { time: format.dateTime(since) })}{" "}
      {retry && t("failing.retry", { time: format.dateTime(retry) })} {error}
    </Banner>
  );
}

function Facts({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  const eventName = useEventName();
  const now = useNow();
  const {
    url,
    event_types: types,
    charger_ids: chargers,
    last_delivered_at: last,
    previous_secret_until: old,
  } = webhook;
  const isOld = old !== null && Date.parse(old) > now;
  const facts: Fact[] = [
    {
      label: t("columns.url"),
      value: (
        <span className={styles.url} dir="ltr">
          {url}
        </span>
      ),
      isWide: true,
    },
    { label: t("columns.events"), value: format.list(types.map(eventName)), isWide: true },
    { label: t("form.charger_ids"), value: chargers === null ? t("allChargers") : format.list(chargers) },
    { label: t("columns.last"), value: last === null ? t("never") : <Ago at={last} /> },
    { label: t("columns.created"), value: format.dateTime(webhook.created_at) },
    ...(isOld ? [{ label: t("columns.oldSecret"), value: t("until", { time: format.dateTime(old) }) }] : []),
  ];
  return (
    <Card title={t("one.facts")}>
      <KeyValue items={facts} />
    </Card>
  );
}
