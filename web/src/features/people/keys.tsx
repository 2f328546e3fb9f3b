// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Keys that programs come with. */
import { getRouteApi } from "@tanstack/react-router";
import { KeySquare, Plus } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listApiKeys } from "@/api/sdk.gen";
import type { ApiKeyItem, ListApiKeysData } from "@/api/types.gen";
import { keyRows, PAGE } from "@/features/people/api";
import { keyActions, keyPath, KeyStatusBadge, STATUSES, type KeyAsked } from "@/features/people/key-parts";
import { isNarrowed, readSearch, valuesOf, type PeopleSearch } from "@/features/people/search";
import {
  Ago,
  Button,
  DataGrid,
  EmptyState,
  ExportMenu,
  FilterBar,
  ForbiddenPage,
  Page,
  Panel,
  SearchBox,
  type GridColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/api-keys");
const Dialogs = lazy(() => import("@/features/people/key-dialogs").then((file) => ({ default: file.KeyDialogs })));
const READ = "account:api_key:read";
const WRITE = "account:api_key:write";

function queryOf({ q, status }: PeopleSearch): NonNullable<ListApiKeysData["query"]> {
  const known = STATUSES.filter((each) => status?.includes(each));
  return { ...(q && { q }), ...(known.length > 0 && { status: known }) };
}

export function KeysPage() {
  const { t } = useTranslation("keys");
  const may = useMay();
  const search = route.useSearch();
  const [asked, setAsked] = useState<KeyAsked | null>(null);
  if (!may(READ)) return <ForbiddenPage title={t("title")} permission={READ} />;
  const add = may(WRITE) && (
    <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setAsked({ kind: "add" })}>
      {t("add")}
    </Button>
  );
  return (
    <Page
      title={t("title")}
      description={t("intro")}
      actions={
        <>
          <ExportMenu name="api-keys" path={(as) => apiPath("/api/v1/api-keys", { ...queryOf(search), format: as })} />
          {add}
        </>
      }
    >
      <KeysList search={search} onAsk={setAsked} />
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Page>
  );
}

function KeysList({ search, onAsk }: { search: PeopleSearch; onAsk: (asked: KeyAsked) => void }) {
  const { t } = useTranslation("keys");
  const format = useFormat();
  const may = useMay();
  const navigate = route.useNavigate();
  const narrow = (next: PeopleSearch) => void navigate({ search: next, replace: true });
  const query = queryOf(search);
  const list = useServerList<ApiKeyItem>({
    queryKey: ["api-keys", "list", query],
    rows: keyRows,
    idOf: ({ id }) => id,
    load: async (cursor, signal) =>
      (await listApiKeys({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true })).data,
  });
  const columns = useMemo<GridColumn<ApiKeyItem>[]>(
    () => [
      { id: "name", label: t("columns.name"), width: 190, render: ({ name }) => name },
      { id: "status", label: t("columns.status"), width: 130, render: (key) => <KeyStatusBadge status={key.status} /> },
      {
        id: "prefix",
        label: t("columns.prefix"),
        width: 150,
        render: ({ prefix }) => <span className="mono">{prefix}…</span>,
      },
      {
        id: "permissions",
        label: t("columns.permissions"),
        width: 120,
        align: "end",
        render: ({ permissions }) => format.number(permissions.length),
      },
      { id: "maker", label: t("columns.maker"), width: 150, render: ({ created_by: maker }) => maker },
      {
        id: "used",
        label: t("columns.lastUsed"),
        width: 150,
        render: ({ last_used_at: at }) => (at === null ? t("never") : <Ago at={at} />),
      },
      {
        id: "expires",
        label: t("columns.expires"),
        width: 184,
        render: ({ expires_at: at }) => (at === null ? t("never") : format.dateTime(at)),
      },
    ],
    [t, format],
  );
  return (
    <Panel>
      <FilterBar
        filters={[
          {
            id: "status",
            kind: "options",
            label: t("columns.status"),
            options: STATUSES.map((id) => ({ id, label: t(`status.${id}`) })),
          },
        ]}
        value={valuesOf(search)}
        onChange={(values) => narrow(readSearch({ ...values, q: search.q }))}
      >
        <SearchBox label={t("search")} value={search.q} onSearch={(q) => narrow({ ...search, q: q || undefined })} />
      </FilterBar>
      <DataGrid<ApiKeyItem>
        label={t("title")}
        columns={columns}
        {...list.grid}
        rowName={({ name }) => name}
        onOpen={(id) => void navigate({ to: keyPath(id) })}
        href={({ id }) => keyPath(id)}
        actions={(key) => [
          { id: "open", label: t("open"), to: keyPath(key.id) },
          ...keyActions(key, { t, mayWrite: may(WRITE), onAsk }),
        ]}
        count={t("count", { count: list.total })}
        empty={
          isNarrowed(search) ? (
            <EmptyState
              title={t("empty.filtered")}
              action={<Button onPress={() => narrow({})}>{t("empty.clear")}</Button>}
            />
          ) : (
            <EmptyState
              icon={<KeySquare aria-hidden />}
              title={t("empty.title")}
              text={t("intro")}
              action={
                may(WRITE) && (
                  <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => onAsk({ kind: "add" })}>
                    {t("add")}
                  </Button>
                )
              }
            />
          )
        }
      />
    </Panel>
  );
}
