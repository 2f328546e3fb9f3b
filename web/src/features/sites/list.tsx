// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where chargers are: sites, and the sites in them. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { CornerDownRight, MapPinned, Plus } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { sitePath, sitesQuery } from "@/features/sites/api";
import type { Asked } from "@/features/sites/dialogs";
import { addressOf, narrowed, treeOf, type TreeRow } from "@/features/sites/model";
import styles from "@/features/sites/sites.module.css";
import {
  Banner,
  Button,
  Card,
  EmptyState,
  ErrorState,
  ExportMenu,
  Loading,
  MenuButton,
  NoPermission,
  Page,
  Panel,
  SearchBox,
  Skeleton,
  Table,
  TextLink,
  type MenuAction,
  type TableColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/sites");
const Dialogs = lazy(() => import("@/features/sites/dialogs").then((file) => ({ default: file.SiteDialogs })));
const READ = "site:site:read";
const WRITE = "site:site:write";

export function SitesPage() {
  const { t } = useTranslation("sites");
  const may = useMay();
  const [asked, setAsked] = useState<Asked | null>(null);
  const add = may(WRITE) && (
    <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setAsked({ kind: "add", id: null })}>
      {t("actions.add")}
    </Button>
  );
  return (
    <Page
      title={t("title")}
      actions={
        may(READ) && (
          <>
            <ExportMenu name="sites" path={(format) => `/api/v1/sites?format=${format}`} />
            {add}
          </>
        )
      }
    >
      {may(READ) ? <Tree add={add} onAsk={setAsked} /> : <NoPermission permission={READ} />}
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Page>
  );
}

function Tree({ add, onAsk }: { add: React.ReactNode; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = (words: string) => void navigate({ search: { q: words || undefined }, replace: true });
  const { data, error, refetch } = useQuery(sitesQuery);
  const tree = useMemo(() => treeOf(data?.sites ?? []), [data]);
  const rows = useMemo(() => narrowed(tree, q), [tree, q]);
  const columns = useColumns(onAsk);
  if (!data) {
    if (error) return <ErrorState problem={error} onRetry={() => void refetch()} />;
    return (
      <Loading>
        <Skeleton variant="block" height="16rem" />
      </Loading>
    );
  }
  if (!tree.length) {
    return <EmptyState icon={<MapPinned aria-hidden />} title={t("empty.title")} text={t("empty.text")} action={add} />;
  }
  return (
    <Panel>
      <div className={styles.search}>
        <SearchBox label={t("search")} value={q} onSearch={narrow} />
      </div>
      {!data.isWhole && <Banner tone="info" title={t("part", { number: format.number(tree.length) })} />}
      {rows.length ? (
        <Card isFlush>
          <Table label={t("title")} columns={columns} rows={rows} rowId={({ site: { id } }) => id} />
        </Card>
      ) : (
        <EmptyState
          title={t("empty.filtered")}
          text={t("empty.filteredText")}
          action={<Button onPress={() => narrow("")}>{t("empty.clear")}</Button>}
        />
      )}
    </Panel>
  );
}

function useColumns(onAsk: (asked: Asked) => void): TableColumn<TreeRow>[] {
  const { t } = useTranslation("sites");
  const may = useMay();
  const format = useFormat();
  const columns: TableColumn<TreeRow>[] = [
    {
      id: "name",
      label: t("columns.name"),
      render: ({ site, depth }) => (
        <span className={styles.name} style={{ paddingInlineStart: `${depth * 1.25}rem` }}>
          {depth > 0 && <CornerDownRight aria-hidden className={styles.branch} />}
          <TextLink to={sitePath(site.id)}>{site.name}</TextLink>
          {depth > 0 && <span className="visually-hidden">{t("level", { number: format.number(depth + 1) })}</span>}
        </span>
      ),
    },
    { id: "address", label: t("columns.address"), render: ({ site }) => addressOf(site) ?? "–" },
    {
      id: "zone",
      label: t("form.time_zone"),
      render: ({ site, depth }) => site.time_zone ?? t(depth ? "inherited" : "ofOrganization"),
    },
    {
      id: "chargers",
      label: t("columns.chargers"),
      align: "end",
      render: ({ site }) => format.number(site.chargers),
    },
  ];
  if (may(WRITE)) {
    columns.push({
      id: "actions",
      label: t("actions.more"),
      isLabelHidden: true,
      align: "end",
      render: (row) => (
        <MenuButton
          isIconOnly
          size="sm"
          label={t("actions.of", { name: row.site.name })}
          items={actionsOf(row, t, onAsk)}
        />
      ),
    });
  }
  return columns;
}

export function actionsOf(
  { site, hasChildren }: Pick<TreeRow, "site" | "hasChildren">,
  t: (key: string) => string,
  onAsk: (asked: Asked) => void,
): MenuAction[] {
  const { id } = site;
  const isUsed = hasChildren || site.chargers > 0;
  return [
    { id: "edit", label: t("actions.edit"), onAction: () => onAsk({ kind: "edit", id }) },
    { id: "inside", label: t("actions.addInside"), onAction: () => onAsk({ kind: "add", id }) },
    {
      id: "delete",
      label: t("actions.delete"),
      isDanger: true,
      startsGroup: true,
      isDisabled: isUsed,
      reason: isUsed ? t(site.chargers > 0 ? "delete.hasChargers" : "delete.hasSites") : undefined,
      onAction: () => onAsk({ kind: "delete", id }),
    },
  ];
}
