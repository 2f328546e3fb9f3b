// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** JSON, as a tree that opens and closes; only what is in sight is drawn. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronRight } from "lucide-react";
import { useMemo, useRef, useState, type KeyboardEvent } from "react";

import { Button } from "./button";
import { CopyButton } from "./copy-button";
import { cx } from "./cx";
import { linesOf, type JsonLine } from "./json-lines";
import styles from "./json-view.module.css";
import { useKitText } from "./text";

export interface JsonViewProps {
  value: unknown;
  label?: string;
  /** How deep it is open at first. */
  depth?: number;
  hasTools?: boolean;
}

const LINE_PX = 24;
const OVERSCAN = 20;

export function JsonView({ value, label, depth = 2, hasTools = true }: JsonViewProps) {
  const t = useKitText();
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState(depth);
  const lines = useMemo(() => linesOf(value, open, toggled), [value, open, toggled]);
  const toggle = (path: string) =>
    setToggled((before) => {
      const after = new Set(before);
      if (!after.delete(path)) after.add(path);
      return after;
    });
  const openAll = (to: number) => {
    setOpen(to);
    setToggled(new Set());
  };
  return (
    <div className={styles.view}>
      {hasTools && (
        <div className={styles.tools}>
          <Button size="sm" variant="quiet" onPress={() => openAll(Infinity)}>
            {t("json.expandAll")}
          </Button>
          <Button size="sm" variant="quiet" onPress={() => openAll(1)}>
            {t("json.collapseAll")}
          </Button>
          <CopyButton text={JSON.stringify(value, null, 2)} />
        </div>
      )}
      <Tree lines={lines} label={label ?? t("json.label")} onToggle={toggle} />
    </div>
  );
}

interface TreeProps {
  lines: readonly JsonLine[];
  label: string;
  onToggle: (path: string) => void;
}

function Tree({ lines, label, onToggle }: TreeProps) {
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: OVERSCAN,
  });
  const current = Math.min(active, lines.length - 1);
  const go = (index: number) => {
    const wanted = Math.max(0, Math.min(lines.length - 1, index));
    setActive(wanted);
    virtual.scrollToIndex(wanted);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-index="${wanted}"]`)?.focus());
  };
  const press = (event: KeyboardEvent) => {
    const line = lines[current];
    const rtl = document.documentElement.dir === "rtl";
    const [deeper, out] = rtl ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];
    const moves: Record<string, number> = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      Home: 0,
      End: lines.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) go(to);
    else if (!line) return;
    else if (event.key === deeper && line.isOpen === false) onToggle(line.path);
    else if (event.key === deeper) go(current + 1);
    else if (event.key === out && line.isOpen) onToggle(line.path);
    else if (event.key === out) go(line.parent);
    else if ((event.key === "Enter" || event.key === " ") && line.isOpen !== undefined) onToggle(line.path);
    else return;
    event.preventDefault();
  };
  return (
    <div ref={box} className={styles.scroll}>
      <div
        role="tree"
        aria-label={label}
        className={styles.tree}
        style={{ blockSize: virtual.getTotalSize() }}
        onKeyDown={press}
      >
        {virtual.getVirtualItems().map(({ index, start }) => {
          const line = lines[index];
          return line ? (
            <Line
              key={line.path}
              line={line}
              index={index}
              start={start}
              isActive={index === current}
              onPress={() => {
                setActive(index);
                if (line.isOpen !== undefined) onToggle(line.path);
              }}
            />
          ) : null;
        })}
      </div>
    </div>
  );
}

interface LineProps {
  line: JsonLine;
  index: number;
  start: number;
  isActive: boolean;
  onPress: () => void;
}

function Line({ line, index, start, isActive, onPress }: LineProps) {
  const t = useKitText();
  const { depth, name, text, kind, isOpen, size, place, siblings } = line;
  return (
    <div
      role="treeitem"
      aria-level={depth + 1}
      aria-expanded={isOpen}
      aria-posinset={place}
      aria-setsize={siblings}
      aria-selected={isActive}
      data-index={index}
      tabIndex={isActive ? 0 : -1}
      className={styles.line}
      style={{ transform: `translateY(${start}px)`, paddingInlineStart: `${depth * 1.1}rem` }}
      onClick={onPress}
    >
      <span className={styles.arrow}>
        {isOpen !== undefined && <ChevronRight aria-hidden className={cx(isOpen && styles.turned)} />}
      </span>
      {name !== null && <span className={styles.name}>{name}: </span>}
      <span className={cx(styles.value, styles[kind])}>{text}</span>
      {isOpen === false && <span className={styles.size}>{t("json.items", { count: size })}</span>}
    </div>
  );
}
