// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How the fleet is doing: figures, charts and lists, arranged as somebody wants them. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { LayoutDashboard, Pencil, Plus, PlugZap, UsersRound } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { dashboardsQuery, nowQuery, useLiveOverview, useOverviewSite } from "@/features/overview/data";
import { SETS_DEFAULTS } from "@/lib/dashboard-defaults";
import { useSiteOptions } from "@/kit/sites";
import { boardsOf, mayShow, placed, type Board, type Placed } from "@/features/overview/layout";
import styles from "@/features/overview/overview.module.css";
import { WidgetView } from "@/features/overview/widgets";
import {
  Button,
  EmptyState,
  ErrorState,
  FilterChip,
  LinkButton,
  Loading,
  MenuButton,
  NoPermission,
  Page,
  SegmentedControl,
  Skeleton,
} from "@/kit";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/");
const Editor = lazy(() => import("@/features/overview/edit").then((file) => ({ default: file.Editor })));
const RoleDefault = lazy(() =>
  import("@/features/overview/role-default").then((file) => ({ default: file.RoleDefault })),
);
const REPORTS = "report:report:read";

export function OverviewPage() {
  const { t } = useTranslation("overview");
  const may = useMay();
  useLiveOverview();
  const [isEdited, setEdited] = useState(false);
  const [isGiven, setGiven] = useState(false);
  const site = useOverviewSite();
  const now = useQuery({ ...nowQuery(site), enabled: may(REPORTS) });
  const dashboards = useQuery(dashboardsQuery);
  const board = useBoard(dashboards.data?.layouts);
  const isFirstRun = site === undefined && now.data?.chargers.total === 0 && !now.data.chargers.waiting;
  const canEdit = !isFirstRun && board !== undefined && !isEdited;
  return (
    <Page
      title={t("title")}
      actions={
        canEdit && (
          <>
            {board.all.length > 1 && (
              <SegmentedControl
                label={t("boards")}
                segments={board.all.map(({ name }, index) => ({ id: String(index), label: name }))}
                selected={String(board.index)}
                onChange={board.choose}
              />
            )}
            <Button icon={<Pencil aria-hidden />} onPress={() => setEdited(true)}>
              {t("edit.begin")}
            </Button>
            {may(SETS_DEFAULTS) && (
              <MenuButton
                isIconOnly
                variant="secondary"
                label={t("actions")}
                items={[
                  {
                    id: "default",
                    label: t("default.begin"),
                    icon: <UsersRound aria-hidden />,
                    onAction: () => setGiven(true),
                  },
                ]}
              />
            )}
          </>
        )
      }
    >
      {site !== undefined && <SiteChip site={site} />}
      {isFirstRun ? (
        <FirstRun />
      ) : dashboards.error && !board ? (
        <ErrorState problem={dashboards.error} onRetry={() => void dashboards.refetch()} />
      ) : !board ? (
        <Waiting />
      ) : isEdited ? (
        <Suspense fallback={<Waiting />}>
          <Editor
            boards={board.all}
            index={board.index}
            isOwn={dashboards.data?.isOwn ?? false}
            onDone={() => setEdited(false)}
          />
        </Suspense>
      ) : (
        <Widgets board={board.one} onEdit={() => setEdited(true)} />
      )}
      {isGiven && board && (
        <Suspense>
          <RoleDefault boards={board.all} index={board.index} onClose={() => setGiven(false)} />
        </Suspense>
      )}
    </Page>
  );
}

/** What is shown is of one site only, and can be of all again. */
function SiteChip({ site }: { site: string }) {
  const { t } = useTranslation();
  const { board } = route.useSearch();
  const navigate = route.useNavigate();
  const [option] = useSiteOptions(useMemo(() => [site], [site]));
  const clear = () => void navigate({ search: { board }, replace: true });
  return (
    <div className={styles.chip}>
      <FilterChip label={t("site.label")} value={option?.label} onRemove={clear} />
    </div>
  );
}

function useBoard(layouts: Parameters<typeof boardsOf>[0] | undefined) {
  const { t } = useTranslation("overview");
  const { board: asked = 0, site } = route.useSearch();
  const navigate = route.useNavigate();
  if (!layouts) return undefined;
  const all = boardsOf(layouts, t("title"));
  const index = asked < all.length ? asked : 0;
  const one = all[index];
  if (!one) return undefined;
  const choose = (id: string) => void navigate({ search: { board: Number(id) || undefined, site }, replace: true });
  return { all, index, one, choose };
}

function Widgets({ board, onEdit }: { board: Board; onEdit: () => void }) {
  const { t } = useTranslation("overview");
  const may = useMay();
  const shown = placed(board.widgets).filter(({ kind }) => mayShow(kind, may));
  if (shown.length) return <Grid widgets={shown} />;
  const mayNothing = !may(REPORTS) && !may("charger:charger:read") && !may("transaction:transaction:read");
  if (mayNothing) return <NoPermission permission={REPORTS} />;
  return (
    <EmptyState
      icon={<LayoutDashboard aria-hidden />}
      title={t("empty.title")}
      text={t("empty.text")}
      action={
        <Button variant="primary" onPress={onEdit}>
          {t("edit.begin")}
        </Button>
      }
    />
  );
}

export function Grid({ widgets }: { widgets: readonly Placed[] }) {
  return (
    <div className={styles.room}>
      <div className={styles.grid}>
        {widgets.map((each) => (
          <div key={each.id} className={styles[`size${each.widget.size}`]}>
            <WidgetView placed={each} />
          </div>
        ))}
      </div>
    </div>
  );
}

function FirstRun() {
  const { t } = useTranslation("overview");
  const may = useMay();
  const add = may("charger:charger:create");
  return (
    <EmptyState
      icon={<PlugZap aria-hidden />}
      title={t("first.title")}
      text={t("first.text")}
      action={
        add && (
          <LinkButton to="/chargers/add" icon={<Plus aria-hidden />}>
            {t("first.add")}
          </LinkButton>
        )
      }
    />
  );
}

function Waiting() {
  return (
    <Loading>
      <div className={styles.room}>
        <div className={styles.grid}>
          {["a", "b", "c", "d", "e", "f"].map((id) => (
            <div key={id} className={styles.sizeS}>
              <Skeleton variant="block" height="6.5rem" />
            </div>
          ))}
          {["g", "h"].map((id) => (
            <div key={id} className={styles.sizeL}>
              <Skeleton variant="block" height="16rem" />
            </div>
          ))}
        </div>
      </div>
    </Loading>
  );
}
