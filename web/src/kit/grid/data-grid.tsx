// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Long lists: only what is in sight is drawn, the server sorts and filters, and each row follows its own changes. */
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";

import { Button } from "@/kit/button";
import { shownOf } from "@/kit/grid/arrange";
import { GridCards } from "@/kit/grid/cards";
import { ColumnChooser } from "@/kit/grid/chooser";
import styles from "@/kit/grid/grid.module.css";
import { SelectAll } from "@/kit/grid/head";
import { useArrangement, useCards, useLatest } from "@/kit/grid/hooks";
import type { GridParts } from "@/kit/grid/row";
import { GridStore, toggled, withRange } from "@/kit/grid/store";
import { GridTable } from "@/kit/grid/table";
import { NOTHING_SELECTED, type DataGridProps, type GridSelection } from "@/kit/grid/types";
import { Spinner } from "@/kit/progress";
import { ProblemBanner } from "@/kit/states";
import { useKitText } from "@/kit/text";

const AHEAD = 20;

/** Rows that are cards have no heads to press. */
const CardSort = lazy(() => import("@/kit/grid/card-sort").then((file) => ({ default: file.CardSort }))) as <
  Row extends object,
>(
  props: DataGridProps<Row>,
) => ReactNode;

const MenuBox = lazy(() => import("@/kit/menu-list").then((file) => ({ default: file.MenuBox })));

export function DataGrid<Row extends object>(props: DataGridProps<Row>) {
  const { label, columns, ids, rows, sort, onSort, onEnd, onOpen, isLoading, empty, count, toolbar, height, total } =
    props;
  const frame = useRef<HTMLDivElement>(null);
  const isCards = useCards(frame);
  const [own, setOwn] = useArrangement(columns, props.keptAs);
  const arrangement = props.arrangement ?? own;
  const onArrangement = props.onArrangement ?? setOwn;
  const shown = useMemo(() => shownOf(columns, arrangement), [columns, arrangement]);
  const { menu, openMenu } = useRowMenu(props);
  const { store, selected, selectAll, range, check } = useGridSelection(props);
  const latest = useLatest(props);
  const hasSelection = props.onSelection !== undefined;
  const hasActions = props.actions !== undefined;
  const isOpenable = onOpen !== undefined;
  const parts = useMemo<GridParts<Row>>(
    () => ({
      columns: shown,
      rows,
      store,
      hasSelection,
      hasActions,
      rowName: (row) => latest.current.rowName(row),
      href: (row) => latest.current.href?.(row),
      onOpen: isOpenable ? (id) => latest.current.onOpen?.(id) : undefined,
      onCheck: check,
      onMenu: openMenu,
    }),
    [shown, rows, store, hasSelection, hasActions, isOpenable, latest, check, openMenu],
  );
  const onLast = useEndless(props);
  const tail = <Tail {...props} />;
  const list = isCards ? (
    <>
      <GridCards {...{ label, ids, parts, isLoading, onLast }} />
      {tail}
    </>
  ) : (
    <GridTable
      {...{
        label,
        ids,
        parts,
        total,
        isLoading,
        sort,
        selected,
        arrangement,
        onArrangement,
        height,
        tail,
        onLast,
        onOpen,
      }}
      hasMore={onEnd !== undefined}
      onSort={(column) => onSort?.({ column, isDescending: sort?.column === column && !sort.isDescending })}
      isOpenable={isOpenable || props.href !== undefined}
      onSelectAll={selectAll}
      onRange={range}
    />
  );
  const isEmpty = !ids.length && !isLoading && !props.problem;
  return (
    <div ref={frame} className={styles.frame}>
      <div className={styles.toolbar}>
        {isCards && hasSelection && ids.length > 0 && (
          <span className={styles.all}>
            <SelectAll selected={selected} onSelectAll={selectAll} />
          </span>
        )}
        <div className={styles.tools}>
          {count !== undefined && ids.length > 0 && <span className="soft">{count}</span>}
          {toolbar}
        </div>
        {isCards && onSort && (
          <Suspense>
            <CardSort {...props} />
          </Suspense>
        )}
        <ColumnChooser columns={columns} arrangement={arrangement} onArrangement={onArrangement} hasWidths={!isCards} />
      </div>
      {isEmpty && empty ? <div className={styles.empty}>{empty}</div> : list}
      {menu}
    </div>
  );
}

/** What is selected, and how it changes; what it hands out stays the same. */
function useGridSelection<Row extends object>(props: DataGridProps<Row>) {
  const { ids } = props;
  const selection = props.selection ?? NOTHING_SELECTED;
  const [store] = useState(() => new GridStore());
  useEffect(() => store.select(selection), [store, selection]);
  const latest = useLatest(props);
  const select = useCallback((next: GridSelection) => latest.current.onSelection?.(next), [latest]);
  const range = useCallback(
    (from: number, to: number) => select(withRange(store.selection, latest.current.ids, from, to)),
    [store, latest, select],
  );
  const check = useCallback(
    (index: number, isRange: boolean) => {
      const id = latest.current.ids[index];
      if (id === undefined) return;
      if (isRange) {
        range(store.anchor, index);
        return;
      }
      store.anchor = index;
      select(toggled(store.selection, latest.current.ids, id));
    },
    [store, latest, range, select],
  );
  const isFull = selection.ids.size >= ids.length && ids.every((id) => selection.ids.has(id));
  const isChosen = ids.length > 0 && (selection.isAll || isFull);
  const selected = isChosen ? "all" : selection.ids.size ? "some" : "none";
  const selectAll = () => select(isChosen ? NOTHING_SELECTED : { ids: new Set(ids), isAll: false });
  return { store, selected, selectAll, range, check } as const;
}

/** Asks for more when the last row in sight comes near the end; the answer takes which row that is. */
function useEndless<Row extends object>(props: DataGridProps<Row>): (last: number) => void {
  const { ids, isLoading, problem } = props;
  const [last, setLast] = useState(-1);
  const latest = useLatest(props);
  const isNear = ids.length > 0 && last >= ids.length - AHEAD && !isLoading && !problem;
  const nearAt = isNear ? ids.length : 0;
  useEffect(() => {
    if (nearAt) latest.current.onEnd?.();
  }, [nearAt, latest]);
  return setLast;
}

/** One menu for all rows: it opens beside the row that asks. */
function useRowMenu<Row extends object>(
  props: DataGridProps<Row>,
): { menu: ReactNode; openMenu: (index: number, element: Element) => void } {
  const { ids, rows, actions, rowName } = props;
  const t = useKitText();
  const [asked, setAsked] = useState<{ id: string; element: Element } | null>(null);
  const latest = useLatest(ids);
  const openMenu = useCallback(
    (index: number, element: Element) => {
      const id = latest.current[index];
      if (id !== undefined) setAsked({ id, element });
    },
    [latest],
  );
  const trigger = useMemo(() => ({ current: asked?.element ?? null }), [asked]);
  const row = asked && rows.get(asked.id);
  const label = row ? t("grid.actionsFor", { name: rowName(row) }) : "";
  const menu = row && actions && (
    <Suspense>
      <MenuBox
        label={label}
        items={actions(row)}
        triggerRef={trigger}
        onOpenChange={(isOpen) => isOpen || setAsked(null)}
      />
    </Suspense>
  );
  return { menu, openMenu };
}

function Tail<Row extends object>({ ids, isLoading, problem, onRetry }: DataGridProps<Row>) {
  const t = useKitText();
  if (problem) {
    const retry = onRetry && (
      <Button size="sm" onPress={onRetry}>
        {t("retry")}
      </Button>
    );
    return (
      <div className={styles.tail}>
        <ProblemBanner problem={problem} action={retry} />
      </div>
    );
  }
  return (
    <div role="status" className={styles.status}>
      {isLoading && ids.length > 0 && (
        <span className={styles.tail}>
          <Spinner label={t("grid.loadingMore")} /> {t("grid.loadingMore")}
        </span>
      )}
    </div>
  );
}
