// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The library of charging profiles. */
import { getRouteApi } from "@tanstack/react-router";
import { ChartNoAxesGantt, Plus } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listChargingProfiles } from "@/api/sdk.gen";
import { profileRows, READ, SEND, WRITE } from "@/features/profiles/api";
import { profilePath, rangeOf, type Item } from "@/features/profiles/model";
import { SORTS, type ProfilesSearch } from "@/features/profiles/search";
import {
  Button,
  DataGrid,
  EmptyState,
  ExportMenu,
  ForbiddenPage,
  gridSort,
  Page,
  Panel,
  SearchBox,
  Toolbar,
  type GridColumn,
  type MenuAction,
} from "@/kit";
import { useFormat, type Format } from "@/lib/format";
import { useServerList, type ServerPage } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/charging-profiles");
const Dialogs = lazy(() => import("@/features/profiles/dialogs").then((file) => ({ default: file.ProfileDialogs })));
const PAGE = 100;

export interface Asked {
  kind: "add" | "edit" | "delete" | "send";
  id: string | null;
}

export function rangeText({ profile }: Pick<Item, "profile">, format: Format): string {
  const range = rangeOf(profile);
  if (!range) return "–";
  const text = range.unit === "A" ? format.current : format.power;
  return range.from === range.to ? text(range.from) : `${text(range.from)} – ${text(range.to)}`;
}

function useColumns(): GridColumn<Item>[] {
  const { t } = useTranslation("profiles");
  const format = useFormat();
  return useMemo(
    () => [
      { id: "name", label: t("columns.name"), width: 200, sortable: true, render: ({ name }) => name },
      { id: "limit", label: t("columns.limit"), width: 160, render: (item) => rangeText(item, format) },
      {
        id: "purpose",
        label: t("columns.purpose"),
        width: 210,
        render: ({ profile }) => t(`purposes.${profile.purpose}`),
      },
      {
        id: "kind",
        label: t("columns.kind"),
        width: 190,
        render: ({ profile: { kind, recurrency } }) =>
          kind === "recurring" ? t(`recurrency.${recurrency ?? "daily"}`) : t(`kinds.${kind}`),
      },
      {
        id: "stack",
        label: t("columns.stack"),
        width: 110,
        align: "end",
        render: ({ profile }) => format.number(profile.stack_level),
      },
      {
        id: "description",
        label: t("columns.description"),
        width: 220,
        render: ({ description }) => description ?? "–",
      },
      {
        id: "updated",
        label: t("columns.updated"),
        width: 184,
        isHidden: true,
        render: ({ updated_at: at }) => format.dateTime(at),
      },
      {
        id: "created_at",
        label: t("columns.created"),
        width: 184,
        sortable: true,
        isHidden: true,
        render: ({ created_at: at }) => format.dateTime(at),
      },
    ],
    [t, format],
  );
}

export function ProfilesPage() {
  const { t } = useTranslation("profiles");
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const list = useServerList<Item>({
    queryKey: ["profiles", "list", search],
    rows: profileRows,
    idOf: ({ id }) => id,
    load: async (cursor, signal) => {
      const query = { ...search, limit: PAGE, cursor };
      return (await listChargingProfiles({ query, signal, throwOnError: true })).data as unknown as ServerPage<Item>;
    },
    enabled: may(READ),
  });
  const columns = useColumns();
  if (!may(READ)) return <ForbiddenPage title={t("title")} permission={READ} />;
  const narrow = (next: ProfilesSearch) => void navigate({ search: next, replace: true });
  const actions = ({ id, profile }: Item): MenuAction[] => {
    const ask = (kind: Asked["kind"]) => () => setAsked({ kind, id });
    const found: (MenuAction | false)[] = [
      { id: "open", label: t("actions.open"), to: profilePath(id) },
      may(SEND) && {
        id: "send",
        label: t("actions.send"),
        onAction: ask("send"),
        isDisabled: profile.purpose === "tx_profile",
        reason: t("send.transaction"),
      },
      may(WRITE) && { id: "edit", label: t("actions.edit"), onAction: ask("edit") },
      may(WRITE) && {
        id: "delete",
        label: t("actions.delete"),
        onAction: ask("delete"),
        isDanger: true,
        startsGroup: true,
      },
    ];
    return found.filter((each) => each !== false);
  };
  const add = may(WRITE) && (
    <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setAsked({ kind: "add", id: null })}>
      {t("actions.add")}
    </Button>
  );
  return (
    <Page
      title={t("title")}
      actions={
        <>
          <ExportMenu
            name="charging-profiles"
            path={(as) => apiPath("/api/v1/charging-profiles", { ...search, format: as })}
          />
          {add}
        </>
      }
    >
      <Panel>
        <Toolbar>
          <SearchBox label={t("search")} value={search.q} onSearch={(q) => narrow({ ...search, q: q || undefined })} />
        </Toolbar>
        <DataGrid<Item>
          label={t("title")}
          columns={columns}
          {...list.grid}
          rowName={({ name }) => name}
          {...gridSort(search, SORTS, "name", narrow)}
          onOpen={(id) => void navigate({ to: profilePath(id) })}
          href={({ id }) => profilePath(id)}
          actions={actions}
          empty={
            search.q === undefined ? (
              <EmptyState
                icon={<ChartNoAxesGantt aria-hidden />}
                title={t("empty.title")}
                text={t("empty.text")}
                action={add}
              />
            ) : (
              <EmptyState
                title={t("empty.filtered")}
                action={<Button onPress={() => narrow({})}>{t("empty.clear")}</Button>}
              />
            )
          }
        />
      </Panel>
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Page>
  );
}
