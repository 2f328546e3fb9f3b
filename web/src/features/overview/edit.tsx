// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The widgets arranged: added, removed, moved, made larger and smaller, and kept as one's own dashboard. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, RotateCcw, Save, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createDashboard, getDashboard, resetDashboards, updateDashboard } from "@/api/sdk.gen";
import type { Widget } from "@/api/types.gen";
import { dashboardsQuery } from "@/features/overview/data";
import {
  addable,
  added,
  mayShow,
  merged,
  placed,
  SIZES,
  type Board,
  type Placed,
  type Size,
} from "@/features/overview/layout";
import styles from "@/features/overview/overview.module.css";
import { Grid } from "@/features/overview/page";
import {
  Button,
  Card,
  ConfirmDialog,
  Conflict,
  EmptyState,
  IconButton,
  MenuButton,
  ProblemBanner,
  SegmentedControl,
  SortableList,
  toast,
} from "@/kit";
import { editedOf, isConflict } from "@/lib/edited";
import { useMay } from "@/lib/me";

interface EditorProps {
  boards: readonly Board[];
  index: number;
  isOwn: boolean;
  onDone: () => void;
}

/** The version that is edited, so that what was arranged in another window is not lost. */
function useVersion(id: string | null) {
  return useQuery({
    queryKey: ["overview", "dashboard", id],
    queryFn: async ({ signal }) =>
      editedOf(await getDashboard({ path: { dashboard_id: id ?? "" }, signal, throwOnError: true })),
    enabled: id !== null,
    refetchOnWindowFocus: false,
    gcTime: 0,
    staleTime: Infinity,
  });
}

export function Editor({ boards, index, isOwn, onDone }: EditorProps) {
  const { t } = useTranslation("overview");
  const may = useMay();
  const queries = useQueryClient();
  const board = boards[index];
  // as it was at the beginning: what is shown is found again in it when it is saved
  const [before] = useState(() => board?.widgets ?? []);
  const [shown] = useState(() => placed(before).filter(({ kind }) => mayShow(kind, may)));
  const [widgets, setWidgets] = useState<readonly Placed[]>(shown);
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [isAsked, setAsked] = useState(false);
  const [theirs, setTheirs] = useState<Widget[] | null>(null);
  const version = useVersion(board?.id ?? null);
  const close = async () => {
    await queries.invalidateQueries({ queryKey: dashboardsQuery.queryKey });
    onDone();
  };
  const save = async (etag: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      await keep(boards, index, merged(before, shown, widgets), etag);
      await close();
      toast({ tone: "success", title: t("edit.saved") });
    } catch (error) {
      if (isConflict(error)) setTheirs((await version.refetch()).data?.item.widgets ?? []);
      else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  const resize = (id: string, size: Size) =>
    setWidgets(widgets.map((each) => (each.id === id ? { ...each, widget: { ...each.widget, size } } : each)));
  const order = (ids: string[]) => setWidgets(ids.flatMap((id) => widgets.find((each) => each.id === id) ?? []));
  const nameOf = ({ kind, widget }: Placed) => widget.title ?? t(`widgets.${kind}`);
  const inWords = (list: readonly Placed[]) => list.map((each) => `${nameOf(each)} (${each.widget.size})`).join(", ");
  if (theirs) {
    return (
      <Conflict
        fields={[{ label: t("edit.widgets"), mine: inWords(widgets), theirs: inWords(placed(theirs)) }]}
        onKeepTheirs={() => void close()}
        onSaveMine={() => void save(version.data?.etag ?? null)}
        isPending={isPending}
      />
    );
  }
  const more = addable(widgets, may);
  return (
    <>
      <Card
        title={t("edit.title")}
        description={t(isOwn ? "edit.ownText" : "edit.text")}
        actions={
          <MenuButton
            label={t("edit.add")}
            icon={<Plus aria-hidden />}
            isDisabled={more.length === 0}
            items={more.map((kind) => ({
              id: kind,
              label: t(`widgets.${kind}`),
              onAction: () => setWidgets(added(widgets, kind)),
            }))}
          />
        }
        footer={
          <div className={styles.buttons}>
            <Button
              variant="primary"
              icon={<Save aria-hidden />}
              isPending={isPending}
              onPress={() => void save(version.data?.etag ?? null)}
            >
              {t("edit.save")}
            </Button>
            <Button onPress={onDone}>{t("edit.cancel")}</Button>
            {isOwn && (
              <Button variant="quiet" icon={<RotateCcw aria-hidden />} onPress={() => setAsked(true)}>
                {t("edit.reset")}
              </Button>
            )}
          </div>
        }
      >
        {problem !== null && <ProblemBanner problem={problem} />}
        {widgets.length ? (
          <SortableList
            label={t("edit.widgets")}
            onOrder={order}
            items={widgets.map((each) => ({
              id: each.id,
              name: nameOf(each),
              actions: (
                <>
                  <SegmentedControl
                    size="sm"
                    label={t("edit.size", { name: nameOf(each) })}
                    segments={SIZES.map((size) => ({ id: size, label: size }))}
                    selected={each.widget.size}
                    onChange={(size) => resize(each.id, size)}
                  />
                  <IconButton
                    size="sm"
                    label={t("edit.remove", { name: nameOf(each) })}
                    icon={<Trash2 aria-hidden />}
                    onPress={() => setWidgets(widgets.filter(({ id }) => id !== each.id))}
                  />
                </>
              ),
            }))}
          />
        ) : (
          <EmptyState isCompact title={t("edit.none")} text={t("edit.noneText")} />
        )}
      </Card>
      <h2 className={styles.preview}>{t("edit.preview")}</h2>
      <Grid widgets={widgets} />
      <ConfirmDialog
        title={t("reset.title")}
        consequence={t("reset.text")}
        confirmLabel={t("reset.do")}
        isDanger
        isOpen={isAsked}
        onOpenChange={setAsked}
        onConfirm={async () => {
          await resetDashboards({ throwOnError: true });
          await close();
          toast({ tone: "success", title: t("reset.done") });
        }}
      />
    </>
  );
}

/** Changes one's own; where there are none yet, all that were shown become one's own, so that none is lost. */
async function keep(boards: readonly Board[], index: number, widgets: Widget[], etag: string | null): Promise<void> {
  const id = boards[index]?.id;
  if (id) {
    await updateDashboard({
      path: { dashboard_id: id },
      body: { widgets },
      headers: { "if-match": etag },
      throwOnError: true,
    });
    return;
  }
  for (const [at, board] of boards.entries()) {
    const body = { name: board.name, widgets: at === index ? widgets : board.widgets };
    await createDashboard({ body, throwOnError: true }); // in their order
  }
}
