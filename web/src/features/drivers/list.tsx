// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** People who charge. */
import { getRouteApi } from "@tanstack/react-router";
import { Ban, CircleCheck, Contact, FileUp, Plus } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listDrivers } from "@/api/sdk.gen";
import type { Driver } from "@/api/types.gen";
import { driverPath, driverRows } from "@/features/drivers/api";
import {
  isNarrowed,
  queryOf,
  SORTS,
  STATUSES,
  valuesOf,
  withValues,
  type DriversSearch,
} from "@/features/drivers/search";
import {
  Badge,
  Button,
  DataGrid,
  EmptyState,
  ExportMenu,
  FilterBar,
  ForbiddenPage,
  gridSort,
  LinkButton,
  Page,
  Panel,
  SavedViews,
  SearchBox,
  type FilterDefinition,
  type GridColumn,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { apiPath, appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/drivers");
const Dialogs = lazy(() => import("@/features/drivers/dialogs").then((file) => ({ default: file.DriverDialogs })));
const READ = "driver:driver:read";
const PAGE = 100;

export interface Asked {
  kind: "add" | "edit" | "block" | "unblock" | "delete";
  id: string | null;
}

export function DriverStatus({ status }: { status: Driver["status"] }) {
  const { t } = useTranslation("drivers");
  const isActive = status === "active";
  return (
    <Badge tone={isActive ? "success" : "danger"} icon={isActive ? <CircleCheck aria-hidden /> : <Ban aria-hidden />}>
      {t(`status.${status}`)}
    </Badge>
  );
}

function useColumns(): GridColumn<Driver>[] {
  const { t } = useTranslation("drivers");
  const format = useFormat();
  return useMemo(
    () => [
      { id: "name", label: t("columns.name"), width: 170, sortable: true, render: ({ name }) => name },
      {
        id: "status",
        label: t("columns.status"),
        width: 110,
        render: ({ status }) => <DriverStatus status={status} />,
      },
      { id: "email", label: t("columns.email"), width: 200, render: ({ email }) => email ?? "–" },
      { id: "phone", label: t("columns.phone"), width: 150, render: ({ phone }) => phone ?? "–" },
      { id: "external_id", label: t("columns.externalId"), width: 140, render: ({ external_id: id }) => id ?? "–" },
      { id: "note", label: t("columns.note"), width: 180, isHidden: true, render: ({ note }) => note ?? "–" },
      {
        id: "created_at",
        label: t("columns.created"),
        width: 184,
        sortable: true,
        render: ({ created_at: at }) => format.dateTime(at),
      },
    ],
    [t, format],
  );
}

function useFilters(): FilterDefinition[] {
  const { t } = useTranslation("drivers");
  return useMemo(
    () => [
      {
        id: "status",
        kind: "options",
        label: t("columns.status"),
        options: STATUSES.map((id) => ({ id, label: t(`status.${id}`) })),
      },
      { id: "email", kind: "text", label: t("columns.email"), placeholder: t("whole") },
      { id: "external_id", kind: "text", label: t("columns.externalId"), placeholder: t("whole") },
    ],
    [t],
  );
}

export function DriversPage() {
  const { t } = useTranslation("drivers");
  const may = useMay();
  const search = route.useSearch();
  const [asked, setAsked] = useState<Asked | null>(null);
  if (!may(READ)) return <ForbiddenPage title={t("title")} permission={READ} />;
  const add = may("driver:driver:write") && (
    <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setAsked({ kind: "add", id: null })}>
      {t("actions.add")}
    </Button>
  );
  return (
    <Page
      title={t("title")}
      actions={
        <>
          <ExportMenu name="drivers" path={(format) => apiPath("/api/v1/drivers", { ...queryOf(search), format })} />
          {may("data:import:run") && may("driver:driver:write") && (
            <LinkButton to="/drivers/import" icon={<FileUp aria-hidden />}>
              {t("actions.import")}
            </LinkButton>
          )}
          {add}
        </>
      }
    >
      <List search={search} add={add} onAsk={setAsked} />
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Page>
  );
}

function List({ search, add, onAsk }: { search: DriversSearch; add: React.ReactNode; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation("drivers");
  const may = useMay();
  const navigate = route.useNavigate();
  const narrow = (next: DriversSearch) => void navigate({ search: next, replace: true });
  const query = queryOf(search);
  const list = useServerList<Driver>({
    queryKey: ["drivers", "list", query],
    rows: driverRows,
    idOf: ({ id }) => id,
    load: async (cursor, signal) =>
      (await listDrivers({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true })).data,
  });
  const actions = (driver: Driver): MenuAction[] => {
    const ask = (kind: Asked["kind"]) => () => onAsk({ kind, id: driver.id });
    const found: MenuAction[] = [{ id: "open", label: t("actions.open"), to: driverPath(driver.id) }];
    if (may("transaction:transaction:read"))
      found.push({
        id: "sessions",
        label: t("actions.sessions"),
        to: appPath("/sessions", { tab: "finished", driver: driver.id }),
      });
    if (driver.can?.update_driver ?? may("driver:driver:write")) {
      const isBlocked = driver.status === "blocked";
      found.push(
        { id: "edit", label: t("actions.edit"), onAction: ask("edit"), startsGroup: true },
        isBlocked
          ? { id: "unblock", label: t("actions.unblock"), onAction: ask("unblock") }
          : { id: "block", label: t("actions.block"), onAction: ask("block"), isDanger: true },
        { id: "delete", label: t("actions.delete"), onAction: ask("delete"), isDanger: true },
      );
    }
    return found;
  };
  return (
    <Panel>
      <FilterBar
        filters={useFilters()}
        value={valuesOf(search)}
        onChange={(values) => narrow(withValues(search, values))}
      >
        <SearchBox label={t("search")} value={search.q} onSearch={(q) => narrow({ ...search, q: q || undefined })} />
        <SavedViews screen="drivers" path="/drivers" search={search} query={query} />
      </FilterBar>
      <DataGrid<Driver>
        keptAs="drivers"
        label={t("title")}
        columns={useColumns()}
        {...list.grid}
        rowName={({ name }) => name}
        {...gridSort(search, SORTS, "name", narrow)}
        onOpen={(id) => void navigate({ to: driverPath(id) })}
        href={({ id }) => driverPath(id)}
        actions={actions}
        count={t(list.isWhole ? "list.count" : "list.about", { count: list.total })}
        empty={
          isNarrowed(search) ? (
            <EmptyState
              title={t("empty.filtered")}
              text={t("empty.filteredText")}
              action={<Button onPress={() => narrow({})}>{t("empty.clear")}</Button>}
            />
          ) : (
            <EmptyState icon={<Contact aria-hidden />} title={t("empty.title")} text={t("empty.text")} action={add} />
          )
        }
      />
    </Panel>
  );
}
