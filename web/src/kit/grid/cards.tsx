// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Rows as cards, where there is no room for columns: they are part of the page and scroll with it. */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useLayoutEffect, useRef, useState } from "react";

import { cx } from "@/kit/cx";
import styles from "@/kit/grid/cards.module.css";
import { useLook } from "@/kit/grid/hooks";
import { useRowPress } from "@/kit/grid/press";
import { RowCheck, RowContent, RowMenu, type GridParts } from "@/kit/grid/row";
import { Skeleton } from "@/kit/progress";
import { useRow } from "@/lib/rows";

const CARD_PX = 180;
const SKELETONS = 4;

export interface GridCardsProps<Row extends object> {
  label: string;
  ids: readonly string[];
  parts: GridParts<Row>;
  isLoading?: boolean;
  onLast: (index: number) => void;
}

export function GridCards<Row extends object>({ label, ids, parts, isLoading, onLast }: GridCardsProps<Row>) {
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      if (list.current) setTop(list.current.getBoundingClientRect().top + window.scrollY);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const virtual = useWindowVirtualizer({
    count: ids.length,
    estimateSize: () => CARD_PX,
    overscan: 4,
    scrollMargin: top,
    getItemKey: (index) => ids[index] ?? index,
  });
  // what its title opens, so that nobody has to aim; the keyboard has the title
  const pressed = useRowPress((card) => card.querySelector<HTMLElement>("[data-title] > :is(a, button)")?.click());
  const last = virtual.range?.endIndex ?? -1;
  useEffect(() => onLast(last), [last, onLast]);
  if (isLoading && !ids.length) {
    return (
      <div className={styles.placeholders}>
        {Array.from({ length: SKELETONS }, (_, index) => (
          <div key={index} className={styles.card}>
            <Skeleton lines={4} />
          </div>
        ))}
      </div>
    );
  }
  return (
    <ul
      ref={list}
      aria-label={label}
      className={styles.cards}
      style={{ blockSize: virtual.getTotalSize() }}
      {...pressed}
    >
      {virtual.getVirtualItems().map(({ index, start }) => {
        const id = ids[index];
        return id === undefined ? null : (
          <li
            key={id}
            ref={virtual.measureElement}
            data-index={index}
            aria-posinset={index + 1}
            aria-setsize={ids.length}
            className={styles.place}
            style={{ transform: `translateY(${start - top}px)` }}
          >
            <GridCard id={id} index={index} parts={parts} />
          </li>
        );
      })}
    </ul>
  );
}

interface GridCardProps<Row extends object> {
  id: string;
  index: number;
  parts: GridParts<Row>;
}

function PlainGridCard<Row extends object>({ id, index, parts }: GridCardProps<Row>) {
  const { columns, rows, store, hasSelection, hasActions, rowName, href, onOpen, onCheck, onMenu } = parts;
  const row = useRow(rows, id);
  const { isSelected } = useLook(store, index, id);
  const [title, ...facts] = columns;
  if (!row || !title) return <div className={styles.card} />;
  const name = rowName(row);
  return (
    <article aria-label={name} className={cx(styles.card, isSelected && styles.selected)}>
      <header className={styles.head}>
        {hasSelection && (
          <RowCheck tabIndex={0} name={name} isSelected={isSelected} onCheck={() => onCheck(index, false)} />
        )}
        <span data-title className={styles.title}>
          <RowContent content={title.render(row)} href={href(row)} onOpen={onOpen && (() => onOpen(id))} isReachable />
        </span>
        {hasActions && <RowMenu tabIndex={0} name={name} onMenu={(element) => onMenu(index, element)} />}
      </header>
      <dl className={styles.facts}>
        {facts.map(({ id: column, label, render }) => (
          <div key={column} className={styles.fact}>
            <dt>{label}</dt>
            <dd>{render(row)}</dd>
          </div>
        ))}
      </dl>
    </article>
  );
}

const GridCard = memo(PlainGridCard) as typeof PlainGridCard;
