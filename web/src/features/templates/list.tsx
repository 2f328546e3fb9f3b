// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Templates of configuration: for which chargers, and how many of those are not as they should be. */
import { getRouteApi } from "@tanstack/react-router";
import { FileCog, Plus } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { loadTemplates, templateRows, type TemplateRow } from "@/features/templates/api";
import { generationOf, templatePath } from "@/features/templates/model";
import { Drifted, Models } from "@/features/templates/parts";
import { SORTS, type TemplatesSearch } from "@/features/templates/search";
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
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { apiPath, appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/templates");
const Dialogs = lazy(() => import("@/features/templates/dialogs").then((file) => ({ default: file.TemplateDialogs })));
const READ = "charger:charger:read";
export const WRITE = "charger:template:write";
export const APPLY = "charger:configuration:change";

export interface Asked {
  kind: "add" | "edit" | "delete";
  id: string | null;
}

function useColumns(): GridColumn<TemplateRow>[] {
  const { t } = useTranslation("templates");
  const format = useFormat();
  return useMemo(
    () => [
      { id: "name", label: t("columns.name"), width: 200, sortable: true, render: ({ name }) => name },
      {
        id: "drift",
        label: t("columns.drift"),
        width: 160,
        render: ({ summary, chargers }) => <Drifted summary={summary} chargers={chargers} />,
      },
      {
        id: "chargers",
        label: t("columns.chargers"),
        width: 100,
        align: "end",
        render: ({ chargers }) => format.number(chargers),
      },
      { id: "models", label: t("columns.models"), width: 210, render: ({ summary }) => <Models summary={summary} /> },
      {
        id: "generation",
        label: t("columns.generation"),
        width: 110,
        render: ({ values }) => t(`generations.${generationOf(Object.keys(values))}`),
      },
      {
        id: "keys",
        label: t("columns.keys"),
        width: 90,
        align: "end",
        render: ({ values }) => format.number(Object.keys(values).length),
      },
      {
        id: "updated",
        label: t("columns.updated"),
        width: 184,
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

export function TemplatesPage() {
  const { t } = useTranslation("templates");
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const list = useServerList<TemplateRow>({
    queryKey: ["templates", "list", search],
    rows: templateRows,
    idOf: ({ id }) => id,
    load: (cursor, signal) => loadTemplates(search, cursor, signal),
    enabled: may(READ),
  });
  const columns = useColumns();
  if (!may(READ)) return <ForbiddenPage title={t("title")} permission={READ} />;
  const narrow = (next: TemplatesSearch) => void navigate({ search: next, replace: true });
  const actions = ({ id }: TemplateRow): MenuAction[] => {
    const ask = (kind: Asked["kind"]) => () => setAsked({ kind, id });
    const found: (MenuAction | false)[] = [
      { id: "open", label: t("actions.open"), to: templatePath(id) },
      may(APPLY) && { id: "apply", label: t("actions.apply"), to: appPath("/templates/apply", { template: id }) },
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
            name="configuration-templates"
            path={(as) => apiPath("/api/v1/configuration-templates", { ...search, format: as })}
          />
          {add}
        </>
      }
    >
      <Panel>
        <Toolbar>
          <SearchBox label={t("search")} value={search.q} onSearch={(q) => narrow({ ...search, q: q || undefined })} />
        </Toolbar>
        <DataGrid<TemplateRow>
          label={t("title")}
          columns={columns}
          {...list.grid}
          rowName={({ name }) => name}
          {...gridSort(search, SORTS, "name", narrow)}
          onOpen={(id) => void navigate({ to: templatePath(id) })}
          href={({ id }) => templatePath(id)}
          actions={actions}
          empty={
            search.q === undefined ? (
              <EmptyState icon={<FileCog aria-hidden />} title={t("empty.title")} text={t("empty.text")} action={add} />
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
