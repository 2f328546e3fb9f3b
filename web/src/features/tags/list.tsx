// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Tags, and the groups that they make up. */
import { getRouteApi } from "@tanstack/react-router";
import { FileUp, Nfc, Plus } from "lucide-react";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { loadTags, tagRows } from "@/features/tags/api";
import { TagBulk } from "@/features/tags/bulk";
import { GroupsList } from "@/features/tags/groups";
import { KINDS, STATUSES, tagPath, type TagRow } from "@/features/tags/model";
import { TagStatus } from "@/features/tags/parts";
import { queryOf } from "@/features/tags/query";
import { isNarrowed, SORTS, TABS, valuesOf, withValues, type TagsSearch, type TagsTab } from "@/features/tags/search";
import {
  BulkBar,
  Button,
  DataGrid,
  EmptyState,
  ExportMenu,
  FilterBar,
  ForbiddenPage,
  gridSort,
  LinkButton,
  NOTHING_SELECTED,
  Page,
  Panel,
  SavedViews,
  SearchBox,
  Tabs,
  type FilterDefinition,
  type GridColumn,
  type GridSelection,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/tags");
const Dialogs = lazy(() => import("@/features/tags/dialogs").then((file) => ({ default: file.TagDialogs })));
const READ = "token:token:read";

export interface Asked {
  kind: "add" | "edit" | "block" | "unblock" | "delete";
  id: string | null;
}

export function TagsPage() {
  const { t } = useTranslation("tags");
  const format = useFormat();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const narrow = useCallback((next: TagsSearch) => void navigate({ search: next, replace: true }), [navigate]);
  if (!may(READ)) return <ForbiddenPage title={t("title")} permission={READ} />;
  const tab: TagsTab = search.tab ?? "tags";
  const exportPath = (as: string) =>
    tab === "tags"
      ? apiPath("/api/v1/tokens", { ...queryOf(search, format.zone), format: as })
      : apiPath("/api/v1/token-groups", { q: search.q, format: as });
  return (
    <Page
      title={t("title")}
      actions={
        <>
          <ExportMenu name={tab} path={exportPath} />
          {may("data:import:run") && may("token:token:create") && (
            <LinkButton to="/tags/import" icon={<FileUp aria-hidden />}>
              {t("actions.import")}
            </LinkButton>
          )}
          {may("token:token:create") && (
            <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setAsked({ kind: "add", id: null })}>
              {t("actions.add")}
            </Button>
          )}
        </>
      }
    >
      <Tabs
        label={t("title")}
        items={TABS.map((id) => ({ id, label: t(`tabs.${id}`) }))}
        selected={tab}
        onChange={(next) => void navigate({ search: next === "tags" ? {} : { tab: next } })}
      >
        {tab === "groups" ? (
          <GroupsList search={search} onSearch={narrow} />
        ) : (
          <TagsList search={search} onSearch={narrow} onAsk={setAsked} />
        )}
      </Tabs>
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Page>
  );
}

interface TagsListProps {
  search: TagsSearch;
  onSearch: (search: TagsSearch) => void;
  onAsk: (asked: Asked) => void;
}

function useColumns(seesDrivers: boolean): GridColumn<TagRow>[] {
  const { t } = useTranslation("tags");
  const format = useFormat();
  return useMemo(() => {
    const all: (GridColumn<TagRow> | false)[] = [
      {
        id: "value",
        label: t("columns.tag"),
        width: 150,
        sortable: true,
        render: ({ value }) => <span className="mono">{value}</span>,
      },
      { id: "status", label: t("columns.status"), width: 120, render: (tag) => <TagStatus tag={tag} /> },
      seesDrivers && {
        id: "driver",
        label: t("columns.driver"),
        width: 150,
        render: ({ driverName }) => driverName ?? "–",
      },
      { id: "group", label: t("columns.group"), width: 120, render: ({ group }) => group ?? "–" },
      {
        id: "type",
        label: t("columns.type"),
        width: 110,
        render: ({ type }) => t(`kinds.${type}`, { defaultValue: type }),
      },
      {
        id: "expires_at",
        label: t("columns.expires"),
        width: 184,
        sortable: true,
        render: ({ expires_at: at }) => (at === null ? t("never") : format.dateTime(at)),
      },
      { id: "note", label: t("columns.note"), width: 150, render: ({ note }) => note ?? "–" },
      {
        id: "created_at",
        label: t("columns.created"),
        width: 184,
        sortable: true,
        isHidden: true,
        render: ({ created_at: at }) => format.dateTime(at),
      },
    ];
    return all.filter((column) => column !== false);
  }, [t, format, seesDrivers]);
}

function useFilters(): FilterDefinition[] {
  const { t } = useTranslation("tags");
  return useMemo(
    () => [
      {
        id: "status",
        kind: "options",
        label: t("columns.status"),
        options: STATUSES.map((id) => ({ id, label: t(`status.${id}`) })),
      },
      {
        id: "type",
        kind: "options",
        label: t("columns.type"),
        options: KINDS.map((id) => ({ id, label: t(`kinds.${id}`) })),
      },
      { id: "group", kind: "text", label: t("columns.group") },
      { id: "expires", kind: "date_range", label: t("columns.expires") },
    ],
    [t],
  );
}

function TagsList({ search, onSearch, onAsk }: TagsListProps) {
  const { t } = useTranslation("tags");
  const format = useFormat();
  const may = useMay();
  const navigate = route.useNavigate();
  const seesDrivers = may("driver:driver:read");
  const query = queryOf(search, format.zone);
  const list = useServerList<TagRow>({
    queryKey: ["tags", "list", query, seesDrivers],
    rows: tagRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadTags(query, seesDrivers, cursor, signal),
  });
  const [selection, setSelection] = useState<GridSelection>(NOTHING_SELECTED);
  const wanted = JSON.stringify(query);
  const [shown, setShown] = useState(wanted);
  if (shown !== wanted) {
    // another list: what was selected may not be in it
    setShown(wanted);
    setSelection(NOTHING_SELECTED);
  }
  const mayUpdate = may("token:token:update");
  const actions = (tag: TagRow): MenuAction[] => {
    const ask = (kind: Asked["kind"]) => () => onAsk({ kind, id: tag.id });
    const found: MenuAction[] = [{ id: "open", label: t("actions.open"), to: tagPath(tag.id) }];
    if (tag.can?.update_token ?? mayUpdate) {
      found.push({ id: "edit", label: t("actions.edit"), onAction: ask("edit") });
      found.push(
        tag.status === "blocked"
          ? { id: "unblock", label: t("actions.unblock"), onAction: ask("unblock") }
          : { id: "block", label: t("actions.block"), onAction: ask("block"), isDanger: true },
      );
    }
    if (tag.can?.delete_token ?? may("token:token:delete"))
      found.push({
        id: "delete",
        label: t("actions.delete"),
        onAction: ask("delete"),
        isDanger: true,
        startsGroup: true,
      });
    return found;
  };
  return (
    <Panel>
      <FilterBar
        filters={useFilters()}
        value={valuesOf(search)}
        onChange={(values) => onSearch(withValues(search, values))}
      >
        <SearchBox label={t("search")} value={search.q} onSearch={(q) => onSearch({ ...search, q: q || undefined })} />
        <SavedViews screen="tokens" path="/tags" search={search} query={query} />
      </FilterBar>
      <DataGrid<TagRow>
        keptAs="tags"
        label={t("title")}
        columns={useColumns(seesDrivers)}
        {...list.grid}
        rowName={({ value }) => value}
        {...gridSort(search, SORTS, "-created_at", onSearch)}
        onOpen={(id) => void navigate({ to: tagPath(id) })}
        href={({ id }) => tagPath(id)}
        actions={actions}
        selection={mayUpdate ? selection : undefined}
        onSelection={mayUpdate ? setSelection : undefined}
        count={t(list.isWhole ? "list.count" : "list.about", { count: list.total })}
        empty={<Nothing search={search} onSearch={onSearch} onAsk={onAsk} />}
      />
      {mayUpdate && (
        <BulkBar selection={selection} onSelection={setSelection} total={list.total}>
          <TagBulk
            search={search}
            selection={selection}
            total={list.total}
            onDone={() => setSelection(NOTHING_SELECTED)}
          />
        </BulkBar>
      )}
    </Panel>
  );
}

function Nothing({ search, onSearch, onAsk }: TagsListProps) {
  const { t } = useTranslation("tags");
  const may = useMay();
  if (isNarrowed(search)) {
    return (
      <EmptyState
        title={t("empty.filtered")}
        text={t("empty.filteredText")}
        action={<Button onPress={() => onSearch({})}>{t("empty.clear")}</Button>}
      />
    );
  }
  return (
    <EmptyState
      icon={<Nfc aria-hidden />}
      title={t("empty.title")}
      text={t("empty.text")}
      action={
        may("token:token:create") && (
          <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => onAsk({ kind: "add", id: null })}>
            {t("actions.add")}
          </Button>
        )
      }
    />
  );
}
