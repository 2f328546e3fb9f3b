// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What people and keys asked of the API, and what was answered. */
import { getRouteApi } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listRequests } from "@/api/sdk.gen";
import type { ApiRequest, ListRequestsData } from "@/api/types.gen";
import { readSearch, type SystemSearch } from "@/features/system/search";
import {
  Badge,
  Button,
  DataGrid,
  Dialog,
  EmptyState,
  ExportMenu,
  FilterBar,
  KeyValue,
  Panel,
  SavedViews,
  SearchBox,
  TextLink,
  type FilterDefinition,
  type FilterValues,
  type GridColumn,
  type Tone,
} from "@/kit";
import { instantsOf } from "@/lib/days";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { Rows } from "@/lib/rows";
import { apiPath, appPath, without } from "@/lib/search";

const route = getRouteApi("/signed-in/system");
const PAGE = 100;
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const requestRows = new Rows<ApiRequest>();

type Query = NonNullable<ListRequestsData["query"]>;

const text = (value: number | undefined) => (value === undefined ? undefined : String(value));

function queryOf(search: SystemSearch, zone: string): Query {
  const { who, by, method, path, status, took, at, address, request, sort } = search;
  const span = at && instantsOf(at, zone);
  return without({
    "actor_name[prefix]": who,
    actor_kind: by as Query["actor_kind"],
    method,
    "path[prefix]": path,
    "status[gte]": text(status?.min),
    "status[lte]": text(status?.max),
    "took_ms[gte]": text(took?.min),
    "took_ms[lte]": text(took?.max),
    "at[gte]": span?.from,
    "at[lt]": span?.to,
    "address[prefix]": address,
    request_id: request === undefined ? undefined : [request],
    sort,
  });
}

function valuesOf({ tab: _tab, path: _path, sort: _sort, ...values }: SystemSearch): FilterValues {
  return values;
}

function toneOf(status: number): Tone | "neutral" {
  if (status >= 500) return "danger";
  return status >= 400 ? "warning" : "success";
}

function useColumns(): GridColumn<ApiRequest>[] {
  const { t } = useTranslation("system");
  const format = useFormat();
  return useMemo(
    () => [
      { id: "at", label: t("requests.at"), width: 184, sortable: true, render: ({ at }) => format.dateTime(at) },
      {
        id: "method",
        label: t("requests.method"),
        width: 90,
        render: ({ method }) => <span className="mono">{method}</span>,
      },
      {
        id: "path",
        label: t("requests.path"),
        width: 340,
        render: ({ path }) => <bdi className="mono">{path}</bdi>,
      },
      {
        id: "status",
        label: t("requests.status"),
        width: 90,
        render: ({ status }) => <Badge tone={toneOf(status)}>{String(status)}</Badge>,
      },
      { id: "who", label: t("requests.who"), width: 150, render: ({ actor_name: name }) => name || "–" },
      {
        id: "took",
        label: t("requests.took"),
        width: 110,
        align: "end",
        render: ({ took_ms: ms }) => t("requests.ms", { count: ms }),
      },
      {
        id: "sent",
        label: t("requests.sent"),
        width: 110,
        align: "end",
        isHidden: true,
        render: ({ sent_bytes: bytes }) => format.bytes(bytes),
      },
      { id: "address", label: t("requests.address"), width: 130, render: ({ address }) => address ?? "–" },
    ],
    [t, format],
  );
}

function useFilters(): FilterDefinition[] {
  const { t } = useTranslation("system");
  return useMemo(
    () => [
      { id: "at", kind: "date_range", label: t("requests.at") },
      {
        id: "method",
        kind: "options",
        label: t("requests.method"),
        options: METHODS.map((id) => ({ id, label: id })),
      },
      { id: "status", kind: "number_range", label: t("requests.status") },
      { id: "took", kind: "number_range", label: t("requests.took"), unit: "ms" },
      { id: "who", kind: "text", label: t("requests.who"), placeholder: t("requests.beginning") },
      {
        id: "by",
        kind: "options",
        label: t("requests.by"),
        options: ["user", "api_key"].map((id) => ({ id, label: t(`requests.actors.${id}`) })),
      },
      { id: "address", kind: "text", label: t("requests.address"), placeholder: t("requests.beginning") },
      { id: "request", kind: "text", label: t("requests.id") },
    ],
    [t],
  );
}

export function Requests() {
  const { t } = useTranslation("system");
  const format = useFormat();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [open, setOpen] = useState<string | null>(null);
  const query = queryOf(search, format.zone);
  const list = useServerList<ApiRequest>({
    queryKey: ["requests", query],
    rows: requestRows,
    idOf: ({ id }) => id,
    load: async (cursor, signal) =>
      (await listRequests({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true })).data,
  });
  const narrow = (next: SystemSearch) =>
    void navigate({ search: { ...readSearch({ ...next }), tab: "requests" }, replace: true });
  const isNarrowed = search.path !== undefined || Object.keys(valuesOf(search)).length > 0;
  const shown = open === null ? undefined : requestRows.get(open);
  return (
    <Panel>
      <FilterBar
        filters={useFilters()}
        value={valuesOf(search)}
        onChange={(values) => narrow({ ...values, path: search.path, sort: search.sort })}
      >
        <SearchBox
          label={t("requests.search")}
          value={search.path ?? ""}
          onSearch={(path) => narrow({ ...search, path: path || undefined })}
        />
        <SavedViews screen="requests" path="/system" search={search} query={query} />
        <ExportMenu name="requests" path={(as) => apiPath("/api/v1/requests", { ...query, format: as })} />
      </FilterBar>
      <DataGrid<ApiRequest>
        keptAs="requests"
        label={t("tabs.requests")}
        columns={useColumns()}
        {...list.grid}
        rowName={({ method, path }) => `${method} ${path}`}
        sort={{ column: "at", isDescending: search.sort !== "at" }}
        onSort={({ isDescending }) => narrow({ ...search, sort: isDescending ? undefined : "at" })}
        onOpen={setOpen}
        count={t(list.isWhole ? "requests.count" : "requests.about", { count: list.total })}
        empty={
          isNarrowed ? (
            <EmptyState
              title={t("requests.filtered")}
              text={t("requests.filteredText")}
              action={<Button onPress={() => narrow({})}>{t("requests.clear")}</Button>}
            />
          ) : (
            <EmptyState icon={<Activity aria-hidden />} title={t("requests.none")} text={t("requests.noneText")} />
          )
        }
      />
      {shown && <One request={shown} onClose={() => setOpen(null)} />}
    </Panel>
  );
}

function mono(value: string) {
  return <bdi className="mono">{value}</bdi>;
}

function One({ request, onClose }: { request: ApiRequest; onClose: () => void }) {
  const { t } = useTranslation("system");
  const format = useFormat();
  const may = useMay();
  const { status, took_ms: ms } = request;
  return (
    <Dialog
      isOpen
      isDismissable
      title={`${request.method} ${request.path}`}
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      <KeyValue
        items={[
          { label: t("requests.at"), value: format.exact(request.at) },
          { label: t("requests.status"), value: <Badge tone={toneOf(status)}>{String(status)}</Badge> },
          { label: t("requests.who"), value: request.actor_name },
          { label: t("requests.by"), value: t(`requests.actors.${request.actor_kind}`) },
          { label: t("requests.took"), value: t("requests.ms", { count: ms }) },
          { label: t("requests.sent"), value: format.bytes(request.sent_bytes) },
          { label: t("requests.address"), value: request.address },
          { label: t("requests.route"), value: mono(request.route), isWide: true },
          { label: t("requests.id"), value: mono(request.request_id), isWide: true },
          { label: t("requests.trace"), value: mono(request.trace_id), isWide: true },
        ]}
      />
      {may("system:audit:read") && (
        <p>
          <TextLink to={appPath("/audit", { request: request.request_id })}>{t("requests.audit")}</TextLink>
        </p>
      )}
    </Dialog>
  );
}
