// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who did what to what, and when. */
import { getRouteApi } from "@tanstack/react-router";
import { ScrollText, ShieldCheck } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { AuditItem } from "@/api/types.gen";
import { useMay } from "@/app/me";
import { auditRows, loadAudit } from "@/features/audit/api";
import styles from "@/features/audit/audit.module.css";
import { ACTIONS, ACTORS, isNarrowed, KINDS, queryOf, valuesOf } from "@/features/audit/model";
import { What, Who } from "@/features/audit/parts";
import { readSearch, type AuditSearch } from "@/features/audit/search";
import {
  Button,
  changesBetween,
  DataGrid,
  EmptyState,
  ExportMenu,
  FilterBar,
  NoPermission,
  PageHeader,
  SavedViews,
  SearchBox,
  type FilterDefinition,
  type GridColumn,
} from "@/kit";
import { useAuditWords } from "@/lib/audit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { apiPath, appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/audit");
const READ = "system:audit:read";
const FEW = 3;
const Entry = lazy(() => import("@/features/audit/entry").then((file) => ({ default: file.EntryDialog })));
const Verify = lazy(() => import("@/features/audit/verify").then((file) => ({ default: file.VerifyDialog })));

export function AuditPage() {
  const { t } = useTranslation("audit");
  const format = useFormat();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [isVerifying, setVerifying] = useState(false);
  if (!may(READ)) {
    return (
      <>
        <PageHeader title={t("title")} />
        <NoPermission permission={READ} />
      </>
    );
  }
  return (
    <div className={styles.page}>
      <PageHeader
        title={t("title")}
        description={t("about")}
        actions={
          <>
            <Button icon={<ShieldCheck aria-hidden />} onPress={() => setVerifying(true)}>
              {t("verify.do")}
            </Button>
            {may("data:list:export") && (
              <ExportMenu
                name="audit"
                path={(as) => apiPath("/api/v1/audit", { ...queryOf(search, format.zone), format: as })}
              />
            )}
          </>
        }
      />
      <AuditList search={search} onSearch={(next) => void navigate({ search: next, replace: true })} />
      {search.entry !== undefined && (
        <Suspense>
          <Entry
            number={search.entry}
            onClose={() => void navigate({ search: ({ entry: _entry, ...rest }) => rest, replace: true })}
          />
        </Suspense>
      )}
      {isVerifying && (
        <Suspense>
          <Verify onClose={() => setVerifying(false)} />
        </Suspense>
      )}
    </div>
  );
}

function withoutEntry({ entry: _entry, ...search }: AuditSearch): AuditSearch {
  return search;
}

function useColumns(): GridColumn<AuditItem>[] {
  const { t } = useTranslation("audit");
  const format = useFormat();
  const { action } = useAuditWords();
  return useMemo(
    () => [
      { id: "at", label: t("columns.at"), width: 184, sortable: true, render: ({ at }) => format.dateTime(at) },
      { id: "who", label: t("columns.who"), width: 160, render: (item) => <Who item={item} /> },
      { id: "action", label: t("columns.action"), width: 220, render: (item) => action(item.action) },
      { id: "object", label: t("columns.object"), width: 260, render: (item) => <What item={item} /> },
      { id: "changes", label: t("columns.changes"), width: 230, render: (item) => <ChangedFields item={item} /> },
      { id: "address", label: t("columns.address"), width: 130, render: ({ address }) => address ?? "–" },
      {
        id: "number",
        label: t("columns.number"),
        width: 90,
        align: "end",
        isHidden: true,
        render: ({ number }) => format.number(number),
      },
    ],
    [t, format, action],
  );
}

function ChangedFields({ item }: { item: AuditItem }) {
  const format = useFormat();
  const fields = changesBetween(item.before, item.after)?.map(({ field }) => field) ?? [];
  if (!fields.length) return "–";
  const rest = fields.length - FEW;
  const shown = rest > 0 ? [...fields.slice(0, FEW), `+${format.number(rest)}`] : fields;
  return <bdi className={styles.mono}>{shown.join(", ")}</bdi>;
}

function useFilters(): FilterDefinition[] {
  const { t } = useTranslation("audit");
  const { action, actor, thing } = useAuditWords();
  return useMemo(() => {
    const byLabel = (one: { label: string }, other: { label: string }) => one.label.localeCompare(other.label);
    return [
      { id: "at", kind: "date_range", label: t("columns.at") },
      { id: "who", kind: "text", label: t("columns.who"), placeholder: t("beginning") },
      { id: "by", kind: "options", label: t("columns.by"), options: ACTORS.map((id) => ({ id, label: actor(id) })) },
      {
        id: "action",
        kind: "options",
        label: t("columns.action"),
        options: ACTIONS.map((id) => ({ id, label: action(id) })).toSorted(byLabel),
      },
      {
        id: "kind",
        kind: "options",
        label: t("columns.kind"),
        options: KINDS.map((id) => ({ id, label: thing(id) })).toSorted(byLabel),
      },
      { id: "object", kind: "text", label: t("columns.objectId") },
      { id: "address", kind: "text", label: t("columns.address"), placeholder: t("beginning") },
      { id: "request", kind: "text", label: t("columns.request") },
    ];
  }, [t, action, actor, thing]);
}

interface AuditListProps {
  search: AuditSearch;
  onSearch: (search: AuditSearch) => void;
}

function AuditList({ search, onSearch }: AuditListProps) {
  const { t } = useTranslation("audit");
  const format = useFormat();
  const may = useMay();
  const navigate = route.useNavigate();
  const { action } = useAuditWords();
  const query = queryOf(search, format.zone);
  const list = useServerList<AuditItem>({
    queryKey: ["audit", "list", query],
    rows: auditRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadAudit(query, cursor, signal),
  });
  const open = (id: string) => {
    const entry = auditRows.get(id)?.number;
    if (entry !== undefined) void navigate({ search: { ...search, entry }, replace: true });
  };
  return (
    <div className={styles.panel}>
      <FilterBar
        filters={useFilters()}
        value={valuesOf(search)}
        onChange={(values) => onSearch(readSearch({ ...values, q: search.q, sort: search.sort }))}
      >
        <SearchBox
          label={t("search")}
          value={search.q ?? ""}
          onSearch={(q) => onSearch({ ...search, q: q || undefined })}
        />
        <SavedViews
          screen="audit"
          path="/audit"
          search={withoutEntry(search)}
          query={query}
          mayShare={may("view:view:share")}
        />
      </FilterBar>
      <DataGrid<AuditItem>
        keptAs="audit"
        label={t("title")}
        columns={useColumns()}
        {...list.grid}
        rowName={(item) => `${action(item.action)}, ${format.dateTime(item.at)}`}
        sort={{ column: "at", isDescending: search.sort !== "at" }}
        onSort={({ isDescending }) => onSearch({ ...search, sort: isDescending ? undefined : "at" })}
        onOpen={open}
        href={({ number }) => appPath("/audit", { ...search, entry: number })}
        toolbar={
          list.ids.length > 0 && (
            <span className={styles.soft}>{t(list.isWhole ? "count" : "about_count", { count: list.total })}</span>
          )
        }
        empty={
          isNarrowed(search) ? (
            <EmptyState
              title={t("empty.filtered")}
              text={t("empty.filteredText")}
              action={<Button onPress={() => onSearch({})}>{t("empty.clear")}</Button>}
            />
          ) : (
            <EmptyState icon={<ScrollText aria-hidden />} title={t("empty.title")} text={t("empty.text")} />
          )
        }
      />
    </div>
  );
}
