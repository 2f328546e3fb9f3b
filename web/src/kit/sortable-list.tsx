// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Things in an order of one's own: dragged by mouse, finger or keyboard, or moved by buttons (WCAG 2.5.7). */
import { ArrowDown, ArrowUp, GripVertical } from "lucide-react";
import { useState, type ReactNode } from "react";
import {
  Button as AriaButton,
  DropIndicator,
  GridList,
  GridListItem,
  useDragAndDrop,
  type Key,
} from "react-aria-components";

import { IconButton } from "./button";
import styles from "./sortable-list.module.css";
import { useKitText } from "./text";

export interface SortableItem {
  id: string;
  /** What it is called, in the buttons and to whoever drags it by keyboard. */
  name: string;
  content?: ReactNode;
  actions?: ReactNode;
}

export interface SortableListProps {
  label: string;
  items: readonly SortableItem[];
  onOrder: (ids: string[]) => void;
}

function moved(ids: string[], keys: ReadonlySet<Key>, target: Key, isAfter: boolean): string[] {
  const rest = ids.filter((id) => !keys.has(id));
  const at = rest.indexOf(String(target)) + (isAfter ? 1 : 0);
  return rest.toSpliced(at, 0, ...ids.filter((id) => keys.has(id)));
}

export function SortableList({ label, items, onOrder }: SortableListProps) {
  const t = useKitText();
  const [said, setSaid] = useState("");
  const ids = items.map(({ id }) => id);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ "text/plain": items.find(({ id }) => id === key)?.name ?? "" })),
    onReorder: ({ keys, target }) => {
      if (!keys.has(target.key)) onOrder(moved(ids, keys, target.key, target.dropPosition === "after"));
    },
    renderDropIndicator: (target) => <DropIndicator target={target} className={styles.indicator} />,
  });
  const move = (id: string, name: string, by: number) => {
    const place = ids.indexOf(id) + by;
    onOrder(ids.toSpliced(ids.indexOf(id), 1).toSpliced(place, 0, id));
    setSaid(t("sortable.moved", { name, place: place + 1, total: ids.length }));
  };
  return (
    <>
      <GridList
        aria-label={label}
        items={items}
        dragAndDropHooks={dragAndDropHooks}
        className={styles.list}
        keyboardNavigationBehavior="tab"
      >
        {({ id, name, content, actions }) => (
          <GridListItem id={id} textValue={name} className={styles.item}>
            <AriaButton slot="drag" className={styles.handle} aria-label={t("sortable.drag", { name })}>
              <GripVertical aria-hidden />
            </AriaButton>
            <div className={styles.content}>{content ?? name}</div>
            <div className={styles.acts}>
              {actions}
              <div className={styles.moves}>
                <IconButton
                  size="sm"
                  label={t("sortable.up", { name })}
                  icon={<ArrowUp aria-hidden />}
                  isDisabled={ids[0] === id}
                  onPress={() => move(id, name, -1)}
                />
                <IconButton
                  size="sm"
                  label={t("sortable.down", { name })}
                  icon={<ArrowDown aria-hidden />}
                  isDisabled={ids.at(-1) === id}
                  onPress={() => move(id, name, 1)}
                />
              </div>
            </div>
          </GridListItem>
        )}
      </GridList>
      <span role="status" className="visually-hidden">
        {said}
      </span>
    </>
  );
}
