// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Certificates of chargers: which end soon, which wait, and what is done about it. */
import { getRouteApi } from "@tanstack/react-router";
import { FileBadge, FilePlus2 } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { CertificateItem } from "@/api/types.gen";
import { certificateRows, certificatesChanged, download, loadCertificates } from "@/features/certificates/api";
import { Horizon } from "@/features/certificates/horizon";
import { KINDS, possibleFor, queryOf } from "@/features/certificates/model";
import { CertificateState, Ends } from "@/features/certificates/parts";
import { ENDS, readSearch, SORTS, STATUSES, type CertificatesSearch } from "@/features/certificates/search";
import {
  Button,
  DataGrid,
  EmptyState,
  ExportMenu,
  FilterBar,
  ForbiddenPage,
  gridSort,
  Page,
  Panel,
  SearchBox,
  type FilterDefinition,
  type FilterValues,
  type GridColumn,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { throttled, useServerList } from "@/lib/lists";
import { hear } from "@/lib/live";
import { useMay } from "@/lib/me";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/certificates");
const Dialogs = lazy(() =>
  import("@/features/certificates/dialogs").then((file) => ({ default: file.CertificateDialogs })),
);
const READ = "certificate:certificate:read";
const INSTALL = "certificate:certificate:install";
const SEND = "charger:command:send";
const REVOKE = "certificate:certificate:revoke";
const QUIET_MS = 3_000;
/** Commands after which certificates may stand otherwise. */
const OURS = new Set(["send_signed_certificate", "trigger_message", "install_certificate"]);

export interface Asked {
  kind: "show" | "renew" | "send" | "revoke" | "ask" | "install";
  id: string | null;
}

function valuesOf({ q: _q, sort: _sort, ends, ...values }: CertificatesSearch): FilterValues {
  return ends === undefined ? values : { ...values, ends: [ends] };
}

function useColumns(): GridColumn<CertificateItem>[] {
  const { t } = useTranslation("certificates");
  const format = useFormat();
  return useMemo(
    () => [
      { id: "charger", label: t("columns.charger"), width: 150, render: ({ charger_id: id }) => id },
      {
        id: "kind",
        label: t("columns.kind"),
        width: 160,
        render: ({ kind }) => t(`kinds.${kind}`, { defaultValue: kind }),
      },
      { id: "status", label: t("columns.status"), width: 180, render: (item) => <CertificateState item={item} /> },
      {
        id: "not_after",
        label: t("columns.ends"),
        width: 230,
        sortable: true,
        render: ({ not_after: at, in_use: isUsed }) => <Ends at={at} isMarked={isUsed} />,
      },
      { id: "reason", label: t("columns.reason"), width: 200, render: ({ reason }) => reason ?? "–" },
      {
        id: "serial",
        label: t("columns.serial"),
        width: 190,
        isHidden: true,
        render: ({ serial }) => <span className="mono">{serial ?? "–"}</span>,
      },
      {
        id: "subject",
        label: t("columns.subject"),
        width: 200,
        isHidden: true,
        render: ({ subject }) => subject ?? "–",
      },
      {
        id: "created_at",
        label: t("columns.asked"),
        width: 184,
        sortable: true,
        render: ({ created_at: at }) => format.dateTime(at),
      },
    ],
    [t, format],
  );
}

function useFilters(): FilterDefinition[] {
  const { t } = useTranslation("certificates");
  return useMemo(
    () => [
      {
        id: "status",
        kind: "options",
        label: t("columns.status"),
        options: STATUSES.map((id) => ({ id, label: t(`status.${id}`) })),
      },
      {
        id: "ends",
        kind: "options",
        label: t("columns.ends"),
        options: ENDS.map((id) => ({ id, label: t(`spans.${id}`) })),
      },
      {
        id: "kind",
        kind: "options",
        label: t("columns.kind"),
        options: KINDS.map((id) => ({ id, label: t(`kinds.${id}`) })),
      },
      { id: "used", kind: "boolean", label: t("filters.used") },
      { id: "charger_id", kind: "text", label: t("columns.charger") },
    ],
    [t],
  );
}

export function CertificatesPage() {
  const { t } = useTranslation("certificates");
  const may = useMay();
  const search = route.useSearch();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [opened] = useState(() => Date.now());
  if (!may(READ)) return <ForbiddenPage title={t("title")} permission={READ} />;
  return (
    <Page
      title={t("title")}
      actions={
        <>
          <ExportMenu
            name="certificates"
            path={(as) => apiPath("/api/v1/certificates", { ...queryOf(search, opened), format: as })}
          />
          {may(INSTALL) && may(SEND) && (
            <Button icon={<FilePlus2 aria-hidden />} onPress={() => setAsked({ kind: "install", id: null })}>
              {t("install.action")}
            </Button>
          )}
        </>
      }
    >
      <Horizon />
      <List opened={opened} onAsk={setAsked} />
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Page>
  );
}

/** What chargers answer changes the list a moment later. */
function useHearing(): void {
  useEffect(() => {
    const { call, stop } = throttled(certificatesChanged, QUIET_MS);
    const silence = hear(["command_closed"], (event) => {
      if (event.type === "command_closed" && OURS.has(event.command)) call();
    });
    return () => {
      silence();
      stop();
    };
  }, []);
}

function List({ opened, onAsk }: { opened: number; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation("certificates");
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = (next: CertificatesSearch) => void navigate({ search: next, replace: true });
  const query = queryOf(search, opened);
  useHearing();
  const list = useServerList<CertificateItem>({
    queryKey: ["certificates", "list", query],
    rows: certificateRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadCertificates(query, cursor, signal),
  });
  const isNarrowed = search.q !== undefined || Object.keys(valuesOf(search)).length > 0;
  const actions = (item: CertificateItem): MenuAction[] => {
    const { id, charger_id: charger, chain } = item;
    const ask = (kind: Asked["kind"]) => () => onAsk({ kind, id });
    const can = possibleFor(item, Date.now());
    const sends = may(INSTALL) && may(SEND);
    const found: (MenuAction | false)[] = [
      { id: "show", label: t("actions.show"), onAction: ask("show") },
      { id: "charger", label: t("actions.charger"), to: `/chargers/${encodeURIComponent(charger)}/security` },
      chain !== null && {
        id: "download",
        label: t("actions.download"),
        onAction: () => download(`${charger}-${item.serial ?? id}.pem`, chain),
      },
      sends && can.renew && { id: "renew", label: t("renew.action"), onAction: ask("renew"), startsGroup: true },
      sends && can.send && { id: "send", label: t("send.action"), onAction: ask("send"), startsGroup: true },
      may(SEND) && can.ask && { id: "ask", label: t("ask.action"), onAction: ask("ask"), startsGroup: true },
      may(REVOKE) &&
        can.revoke && {
          id: "revoke",
          label: t("revoke.action"),
          onAction: ask("revoke"),
          isDanger: true,
          startsGroup: true,
        },
    ];
    return found.filter((each) => each !== false);
  };
  return (
    <Panel>
      <FilterBar
        filters={useFilters()}
        value={valuesOf(search)}
        onChange={(values) => narrow(readSearch({ ...values, q: search.q, sort: search.sort }))}
      >
        <SearchBox label={t("search")} value={search.q} onSearch={(q) => narrow({ ...search, q: q || undefined })} />
      </FilterBar>
      <DataGrid<CertificateItem>
        label={t("title")}
        columns={useColumns()}
        {...list.grid}
        rowName={({ charger_id: id, serial }) => `${id} ${serial ?? ""}`}
        {...gridSort(search, SORTS, "-created_at", narrow)}
        onOpen={(id) => onAsk({ kind: "show", id })}
        actions={actions}
        empty={
          isNarrowed ? (
            <EmptyState
              title={t("empty.filtered")}
              action={<Button onPress={() => narrow({})}>{t("empty.clear")}</Button>}
            />
          ) : (
            <EmptyState icon={<FileBadge aria-hidden />} title={t("empty.title")} text={t("empty.text")} />
          )
        }
      />
    </Panel>
  );
}
