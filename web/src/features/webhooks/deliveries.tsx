// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What was sent to a webhook, what waits, and what was given up. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import {
  getWebhookDelivery,
  listWebhookDeliveries,
  redeliverDeadWebhookDeliveries,
  redeliverWebhookDelivery,
} from "@/api/sdk.gen";
import type { Delivery, Webhook } from "@/api/types.gen";
import { webhooksChanged } from "@/features/webhooks/api";
import { DELIVERY_STATUSES, EVENTS, readPayload } from "@/features/webhooks/model";
import { DeliveryStatus, useEventName } from "@/features/webhooks/parts";
import { readSearch, type WebhookSearch } from "@/features/webhooks/search";
import {
  Banner,
  Button,
  Card,
  ConfirmDialog,
  DataGrid,
  Drawer,
  EmptyState,
  ErrorState,
  FilterBar,
  JsonView,
  KeyValue,
  Panel,
  Skeleton,
  toast,
  type GridColumn,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { problemOf } from "@/lib/problems";
import { Rows } from "@/lib/rows";

const route = getRouteApi("/signed-in/webhooks/$webhookId");
const deliveryRows = new Rows<Delivery>();
const PAGE = 50;

function filterOf({ status, event_type: type }: WebhookSearch) {
  const known = DELIVERY_STATUSES.filter((each) => status?.includes(each));
  return { ...(known.length > 0 && { status: known }), ...(type && { event_type: type }) };
}

interface DeliveriesProps {
  webhook: Webhook;
  mayWrite: boolean;
}

export function Deliveries({ webhook: { id }, mayWrite }: DeliveriesProps) {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  const eventName = useEventName();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [open, setOpen] = useState<string | null>(null);
  const [isReplaying, setReplaying] = useState(false);
  const filter = filterOf(search);
  const list = useServerList<Delivery>({
    queryKey: ["webhooks", "deliveries", id, filter],
    rows: deliveryRows,
    idOf: (delivery) => delivery.id,
    isWaiting: ({ status }) => status === "pending",
    load: async (cursor, signal) => {
      const query = { ...filter, limit: PAGE, cursor };
      return (await listWebhookDeliveries({ path: { webhook_id: id }, query, signal, throwOnError: true })).data;
    },
  });
  const again = async (delivery: string) => {
    try {
      await redeliverWebhookDelivery({ path: { webhook_id: id, delivery_id: delivery }, throwOnError: true });
      toast({ tone: "success", title: t("delivery.again") });
      webhooksChanged();
    } catch (error) {
      toast({ tone: "danger", title: problemOf(error).message });
    }
  };
  const columns = useMemo<GridColumn<Delivery>[]>(
    () => [
      { id: "created", label: t("delivery.at"), width: 184, render: ({ created_at: at }) => format.dateTime(at) },
      { id: "type", label: t("delivery.event"), width: 180, render: ({ event_type: type }) => eventName(type) },
      {
        id: "status",
        label: t("columns.status"),
        width: 130,
        render: ({ status }) => <DeliveryStatus status={status} />,
      },
      {
        id: "attempts",
        label: t("delivery.attempts"),
        width: 100,
        align: "end",
        render: ({ attempts }) => format.number(attempts),
      },
      {
        id: "answer",
        label: t("delivery.answer"),
        width: 100,
        align: "end",
        render: ({ response_status: status }) => status ?? "–",
      },
      {
        id: "latency",
        label: t("delivery.latency"),
        width: 110,
        align: "end",
        render: ({ latency_ms: ms }) => (ms === null ? "–" : t("milliseconds", { ms })),
      },
      { id: "error", label: t("delivery.error"), width: 220, render: ({ error }) => error ?? "–" },
    ],
    [t, format, eventName],
  );
  const actions = ({ id: delivery, status }: Delivery): MenuAction[] => [
    { id: "open", label: t("delivery.open"), onAction: () => setOpen(delivery) },
    ...(mayWrite
      ? [
          {
            id: "again",
            label: t("delivery.resend"),
            isDisabled: status === "pending",
            reason: t("delivery.waits"),
            onAction: () => void again(delivery),
          },
        ]
      : []),
  ];
  const isNarrowed = Object.keys(search).length > 0;
  return (
    <Card
      title={t("delivery.title")}
      description={t("delivery.text")}
      actions={
        <>
          <Button size="sm" icon={<RotateCw aria-hidden />} onPress={() => void list.refetch()}>
            {t("delivery.refresh")}
          </Button>
          {mayWrite && (
            <Button size="sm" onPress={() => setReplaying(true)}>
              {t("replay.do")}
            </Button>
          )}
        </>
      }
    >
      <Panel>
        <FilterBar
          filters={[
            {
              id: "status",
              kind: "options",
              label: t("columns.status"),
              options: DELIVERY_STATUSES.map((each) => ({ id: each, label: t(`delivery.${each}`) })),
            },
            {
              id: "event_type",
              kind: "options",
              label: t("delivery.event"),
              options: EVENTS.map((each) => ({ id: each, label: eventName(each) })),
            },
          ]}
          value={{ ...search }}
          onChange={(values) => void navigate({ search: readSearch(values), replace: true })}
        />
        <DataGrid<Delivery>
          label={t("delivery.title")}
          columns={columns}
          {...list.grid}
          isLoading={list.grid.isLoading && !list.isRefreshing}
          rowName={({ event_type: type, created_at: at }) => `${eventName(type)} ${format.dateTime(at)}`}
          onOpen={setOpen}
          actions={actions}
          empty={
            isNarrowed ? (
              <EmptyState
                title={t("delivery.filtered")}
                action={
                  <Button onPress={() => void navigate({ search: {}, replace: true })}>{t("delivery.clear")}</Button>
                }
              />
            ) : (
              <EmptyState title={t("delivery.empty")} text={t("delivery.emptyText")} />
            )
          }
        />
      </Panel>
      <Drawer
        title={t("delivery.one")}
        size="lg"
        isOpen={open !== null}
        onOpenChange={(isOpen) => isOpen || setOpen(null)}
      >
        {open !== null && <One webhook={id} id={open} onAgain={mayWrite ? again : undefined} />}
      </Drawer>
      <ConfirmDialog
        title={t("replay.title")}
        consequence={t("replay.text")}
        confirmLabel={t("replay.do")}
        isOpen={isReplaying}
        onOpenChange={setReplaying}
        onConfirm={async () => {
          const { data } = await redeliverDeadWebhookDeliveries({ path: { webhook_id: id }, throwOnError: true });
          toast({ tone: "success", title: t("replay.done", { count: data.count }) });
          webhooksChanged();
        }}
      />
    </Card>
  );
}

interface OneProps {
  webhook: string;
  id: string;
  onAgain?: (id: string) => Promise<void>;
}

function One({ webhook, id, onAgain }: OneProps) {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  const eventName = useEventName();
  const [isPending, setPending] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["webhooks", "delivery", webhook, id],
    queryFn: async ({ signal }) =>
      (await getWebhookDelivery({ path: { webhook_id: webhook, delivery_id: id }, signal, throwOnError: true })).data,
  });
  if (!data)
    return error ? <ErrorState isCompact problem={error} onRetry={() => void refetch()} /> : <Skeleton lines={8} />;
  const time = (at: string | null) => (at === null ? null : format.exact(at));
  return (
    <Panel>
      <KeyValue
        items={[
          { label: t("delivery.event"), value: eventName(data.event_type) },
          { label: t("columns.status"), value: <DeliveryStatus status={data.status} /> },
          { label: "webhook-id", value: <code>{data.event_id}</code>, isWide: true },
          { label: t("delivery.attempts"), value: format.number(data.attempts) },
          { label: t("delivery.answer"), value: data.response_status },
          { label: t("delivery.at"), value: time(data.created_at) },
          { label: t("delivery.last"), value: time(data.last_attempt_at) },
          { label: t("delivery.finished"), value: time(data.finished_at) },
        ]}
      />
      {data.error && (
        <Banner tone="danger" title={t("delivery.error")} live="off">
          {data.error}
        </Banner>
      )}
      <h3>{t("delivery.payload")}</h3>
      <JsonView value={readPayload(data.payload)} label={t("delivery.payload")} depth={4} />
      {onAgain && (
        <div>
          <Button
            isDisabled={data.status === "pending"}
            isPending={isPending}
            onPress={() => {
              setPending(true);
              void onAgain(id).finally(() => setPending(false));
            }}
          >
            {t("delivery.resend")}
          </Button>
          {data.status === "pending" && <p className="soft">{t("delivery.waits")}</p>}
        </div>
      )}
    </Panel>
  );
}
