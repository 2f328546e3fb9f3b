// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Programs that events are sent to, and how they do. */
import { useQuery } from "@tanstack/react-query";
import { Plus, Webhook as WebhookIcon } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { webhooksQuery } from "@/features/webhooks/api";
import { webhookPath } from "@/features/webhooks/model";
import { useEventName, WebhookStatus } from "@/features/webhooks/parts";
import {
  Ago,
  Button,
  Card,
  EmptyState,
  ErrorState,
  ExportMenu,
  Loading,
  NoPermission,
  Page,
  Skeleton,
  Table,
  TextLink,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { apiPath } from "@/lib/search";

const Dialogs = lazy(() => import("@/features/webhooks/dialogs").then((file) => ({ default: file.WebhookDialogs })));
const READ = "webhook:webhook:read";
const NAMED = 2;

export function WebhooksPage() {
  const { t } = useTranslation("webhooks");
  const may = useMay();
  const format = useFormat();
  const eventName = useEventName();
  const [isAdding, setAdding] = useState(false);
  const { data, error, refetch } = useQuery({ ...webhooksQuery, enabled: may(READ) });
  const add = may("webhook:webhook:write") && (
    <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setAdding(true)}>
      {t("add")}
    </Button>
  );
  const events = (types: string[]) =>
    types.length > NAMED
      ? t("eventsMore", { events: format.list(types.slice(0, NAMED).map(eventName)), count: types.length - NAMED })
      : format.list(types.map(eventName));
  return (
    <Page
      title={t("title")}
      description={t("intro")}
      actions={
        <>
          {may(READ) && <ExportMenu name="webhooks" path={(as) => apiPath("/api/v1/webhooks", { format: as })} />}
          {add}
        </>
      }
    >
      {!may(READ) ? (
        <NoPermission permission={READ} />
      ) : error && !data ? (
        <ErrorState problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={6} />
        </Loading>
      ) : data.length === 0 ? (
        <EmptyState icon={<WebhookIcon aria-hidden />} title={t("empty")} text={t("emptyText")} action={add} />
      ) : (
        <Card isFlush>
          <Table
            label={t("title")}
            rows={data}
            rowId={({ id }) => id}
            columns={[
              {
                id: "url",
                label: t("columns.url"),
                sortValue: ({ description, url }) => description ?? url,
                render: ({ id, url, description }) => (
                  <>
                    <TextLink to={webhookPath(id)}>{description ?? url}</TextLink>
                    {description && (
                      <div className="soft" dir="ltr">
                        {url}
                      </div>
                    )}
                  </>
                ),
              },
              { id: "status", label: t("columns.status"), render: (webhook) => <WebhookStatus webhook={webhook} /> },
              { id: "events", label: t("columns.events"), render: ({ event_types: types }) => events(types) },
              {
                id: "last",
                label: t("columns.last"),
                sortValue: ({ last_delivered_at: at }) => at,
                render: ({ last_delivered_at: at }) => (at === null ? t("never") : <Ago at={at} />),
              },
              {
                id: "failures",
                label: t("columns.failures"),
                align: "end",
                sortValue: ({ failures }) => failures,
                render: ({ failures }) => format.number(failures),
              },
            ]}
          />
        </Card>
      )}
      {isAdding && (
        <Suspense>
          <Dialogs asked={{ kind: "add" }} onClose={() => setAdding(false)} />
        </Suspense>
      )}
    </Page>
  );
}
