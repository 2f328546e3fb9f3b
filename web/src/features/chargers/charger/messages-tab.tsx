// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The OCPP log: each request beside its answer, as they were on the wire. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ArrowDownLeft, ArrowUpRight, Download, ScrollText } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listChargerMessages } from "@/api/sdk.gen";
import type { ListChargerMessagesData, Message } from "@/api/types.gen";
import { useMay } from "@/app/me";
import styles from "@/features/chargers/charger/messages.module.css";
import { keyOf } from "@/features/chargers/charger/data";
import { useLoaded } from "@/features/chargers/charger/status-tab";
import { useSites } from "@/features/chargers/sites";
import {
  Badge,
  DataGrid,
  Drawer,
  EmptyState,
  FilterBar,
  type FilterDefinition,
  type FilterValues,
  type GridColumn,
  JsonView,
  KeyValue,
  LiveDot,
  MenuButton,
  NoPermission,
  SearchBox,
  Switch,
  useDownload,
} from "@/kit";
import { useFormat, type Format } from "@/lib/format";
import { Rows } from "@/lib/rows";

const PAGE = 100;
const TAIL_MS = 2_000;
const MOST_TAIL = 100;
type Query = NonNullable<ListChargerMessagesData["query"]>;
type Row = Message & { id: string };

export function MessagesTab() {
  const may = useMay();
  const charger = useLoaded()?.charger;
  if (!may("charger:message:read")) return <NoPermission permission="charger:message:read" />;
  return charger ? <Messages id={charger.id} site={charger.site_id} /> : null;
}

/** Chargers use their own numbers again after a while; the time makes them one of a kind. */
function rowOf(message: Message): Row {
  return { ...message, id: `${message.at}/${message.direction}/${message.message_id}` };
}

function queryOf(q: string, values: FilterValues): Query {
  const { direction, action, outcome, at } = values as {
    direction?: string[];
    action?: string;
    outcome?: string[];
    at?: { from?: string; to?: string };
  };
  return {
    ...(q && { q }),
    ...(direction && { direction: direction as ("in" | "out")[] }),
    ...(outcome && { outcome: outcome as ("result" | "error" | "timeout")[] }),
    ...(action && { "action[prefix]": action }),
    ...(at?.from && { "at[gte]": new Date(`${at.from}T00:00:00`).toISOString() }),
    ...(at?.to && { "at[lte]": new Date(`${at.to}T23:59:59.999`).toISOString() }),
  };
}

function useMessageColumns(format: Format): GridColumn<Row>[] {
  const { t } = useTranslation("chargers");
  return useMemo(
    () => [
      {
        id: "at",
        label: t("log.at"),
        width: 240,
        sortable: true,
        render: ({ at }) => <span className="numbers">{format.exact(at)}</span>,
      },
      {
        id: "direction",
        label: t("log.direction"),
        width: 170,
        render: ({ direction }) => <Direction direction={direction} />,
      },
      { id: "action", label: t("log.action"), width: 190, render: ({ action }) => action },
      { id: "outcome", label: t("log.outcome"), width: 120, render: (row) => <Outcome row={row} /> },
      { id: "took", label: t("log.took"), width: 90, align: "end", render: (row) => tookText(row, format) },
      {
        id: "content",
        label: t("log.content"),
        width: 260,
        render: ({ request }) => <code className={styles.content}>{JSON.stringify(request)}</code>,
      },
    ],
    [t, format],
  );
}

function tookText({ at, answered_at: answered }: Message, format: Format): string {
  return answered ? `${format.number(Date.parse(answered) - Date.parse(at))}\u00a0ms` : "–";
}

function Direction({ direction }: { direction: Message["direction"] }) {
  const { t } = useTranslation("chargers");
  const Icon = direction === "in" ? ArrowDownLeft : ArrowUpRight;
  return (
    <span className={styles.direction}>
      <Icon aria-hidden /> {t(`log.${direction}`)}
    </span>
  );
}

function Outcome({ row: { outcome, error_code: code } }: { row: Message }) {
  const { t } = useTranslation("chargers");
  if (outcome === "result") return <Badge tone="success">{t("log.outcomes.result")}</Badge>;
  return (
    <Badge tone={outcome === "timeout" ? "warning" : "danger"}>
      {code ?? t(`log.outcomes.${outcome}`, { defaultValue: outcome })}
    </Badge>
  );
}

/** What came since the newest that is shown. */
function useTail(id: string, query: Query, newest: string | undefined, isOn: boolean): Message[] {
  const [heard, setHeard] = useState<Message[]>([]);
  const wanted = JSON.stringify([query, isOn]);
  const [last, setLast] = useState(wanted);
  if (last !== wanted) {
    setLast(wanted);
    setHeard([]);
  }
  const since = heard[0]?.at ?? newest;
  const { data } = useQuery({
    queryKey: keyOf(id, "tail", wanted),
    queryFn: async ({ signal }) => {
      const more = { ...query, limit: MOST_TAIL, sort: "-at" as const, ...(since && { "at[gt]": since }) };
      return (await listChargerMessages({ path: { charger_id: id }, query: more, signal, throwOnError: true })).data
        .items;
    },
    enabled: isOn,
    refetchInterval: TAIL_MS,
    gcTime: 0,
  });
  useEffect(() => {
    if (!isOn || !data?.length) return;
    setHeard((now) => {
      const known = new Set(now.map((each) => rowOf(each).id));
      return [...data.filter((each) => !known.has(rowOf(each).id)), ...now];
    });
  }, [data, isOn]);
  return isOn ? heard : [];
}

function Messages({ id, site }: { id: string; site: string | null }) {
  const { t } = useTranslation("chargers");
  const format = useFormat(useSites().byId.get(site ?? "")?.time_zone);
  const columns = useMessageColumns(format);
  const [q, setQ] = useState("");
  const [values, setValues] = useState<FilterValues>({});
  const [isTail, setTail] = useState(false);
  const [isDescending, setDescending] = useState(true);
  const [opened, setOpened] = useState<Row | null>(null);
  const [rows] = useState(() => new Rows<Row>());
  const query = useMemo(() => queryOf(q, values), [q, values]);
  const found = useInfiniteQuery({
    queryKey: keyOf(id, "messages", JSON.stringify(query), String(isDescending)),
    queryFn: async ({ pageParam, signal }) => {
      const sort = isDescending ? ("-at" as const) : ("at" as const);
      const more = { ...query, limit: PAGE, cursor: pageParam, sort };
      return (await listChargerMessages({ path: { charger_id: id }, query: more, signal, throwOnError: true })).data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const past = useMemo(() => found.data?.pages.flatMap(({ items }) => items) ?? [], [found.data]);
  const tail = useTail(id, query, past[0]?.at, isTail && isDescending && !found.isPending);
  const ids = useMemo(() => {
    const unique = new Map([...tail, ...past].map((each) => [rowOf(each).id, rowOf(each)]));
    for (const [key, row] of unique) rows.put(key, row);
    return [...unique.keys()];
  }, [tail, past, rows]);
  const filters: FilterDefinition[] = [
    {
      id: "direction",
      kind: "options",
      label: t("log.direction"),
      options: (["in", "out"] as const).map((each) => ({ id: each, label: t(`log.${each}`) })),
    },
    { id: "action", kind: "text", label: t("log.action"), placeholder: t("filters.beginning") },
    {
      id: "outcome",
      kind: "options",
      label: t("log.outcome"),
      options: (["result", "error", "timeout"] as const).map((each) => ({
        id: each,
        label: t(`log.outcomes.${each}`),
      })),
    },
    { id: "at", kind: "date_range", label: t("log.at") },
  ];
  const isNarrowed = Object.keys(query).length > 0;
  return (
    <>
      <FilterBar filters={filters} value={values} onChange={setValues}>
        <div className={styles.search}>
          <SearchBox label={t("log.search")} value={q} onSearch={setQ} />
        </div>
      </FilterBar>
      <DataGrid<Row>
        keptAs="messages"
        label={t("charger.tabs.messages")}
        columns={columns}
        ids={ids}
        rows={rows}
        rowName={({ action }) => action}
        total={found.hasNextPage ? undefined : ids.length}
        sort={{ column: "at", isDescending }}
        onSort={(sort) => setDescending(sort.isDescending)}
        onEnd={found.hasNextPage ? () => void found.fetchNextPage() : undefined}
        isLoading={found.isPending || found.isFetchingNextPage}
        problem={found.error}
        onRetry={() => void found.refetch()}
        onOpen={(key) => setOpened(rows.get(key) ?? null)}
        toolbar={
          <div className={styles.tools}>
            <Switch isSelected={isTail} onChange={setTail} isDisabled={!isDescending}>
              {t("log.tail")}
            </Switch>
            {isTail && <LiveDot state="live" />}
            <DownloadMenu id={id} query={query} />
          </div>
        }
        empty={
          <EmptyState
            icon={<ScrollText aria-hidden />}
            title={t(isNarrowed ? "log.noneFound" : "log.none")}
            text={isNarrowed ? undefined : t("log.noneText")}
          />
        }
      />
      <Drawer
        isOpen={opened !== null}
        onOpenChange={(isOpen) => isOpen || setOpened(null)}
        title={opened?.action ?? ""}
        size="lg"
      >
        {opened && <MessageDetails row={opened} format={format} />}
      </Drawer>
    </>
  );
}

function DownloadMenu({ id, query }: { id: string; query: Query }) {
  const { t } = useTranslation("chargers");
  const download = useDownload();
  const pathOf = (format: string) => {
    const parameters = new URLSearchParams({ format });
    for (const [name, value] of Object.entries(query)) {
      for (const each of Array.isArray(value) ? value : [value]) parameters.append(name, String(each));
    }
    return `/api/v1/chargers/${encodeURIComponent(id)}/messages?${parameters}`;
  };
  const items = [
    { id: "ndjson", label: "JSON Lines", description: t("log.ndjson") },
    { id: "csv", label: "CSV" },
    { id: "xlsx", label: "Excel" },
  ].map((each) => ({ ...each, onAction: () => download(pathOf(each.id), `${id}.${each.id}`) }));
  return <MenuButton size="sm" label={t("log.download")} icon={<Download aria-hidden />} items={items} />;
}

function MessageDetails({ row, format }: { row: Row; format: Format }) {
  const { t } = useTranslation("chargers");
  return (
    <div className={styles.details}>
      <KeyValue
        items={[
          { label: t("log.at"), value: format.exact(row.at) },
          { label: t("log.direction"), value: <Direction direction={row.direction} /> },
          { label: t("log.outcome"), value: <Outcome row={row} /> },
          { label: t("log.took"), value: tookText(row, format) },
          { label: t("log.messageId"), value: <bdi className={styles.id}>{row.message_id}</bdi> },
          { label: t("filters.protocol"), value: row.protocol.replace("ocpp", "") },
        ]}
      />
      <section aria-label={t("log.request")}>
        <h3>{t("log.request")}</h3>
        <JsonView value={row.request} label={t("log.request")} depth={4} />
      </section>
      <section aria-label={t("log.response")}>
        <h3>{t("log.response")}</h3>
        {row.response === null || row.response === undefined ? (
          <p className={styles.none}>{t("log.noResponse")}</p>
        ) : (
          <JsonView value={row.response} label={t("log.response")} depth={4} />
        )}
      </section>
    </div>
  );
}
