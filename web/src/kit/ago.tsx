// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How long ago, in words that keep up; exactly when, on hover and for machines. */
import { useState, useSyncExternalStore } from "react";
import { Button as AriaButton } from "react-aria-components";

import { useFormat } from "@/lib/format";

import styles from "./ago.module.css";
import { Tooltip } from "./tooltip";

const TICK_MS = 10_000;
const MINUTE_MS = 60_000;

/** One clock for all: it stands while nobody looks at it. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let present = Date.now();

function tick(): void {
  present = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (!listeners.size) {
    present = Date.now();
    timer = setInterval(tick, TICK_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (!listeners.size) clearInterval(timer);
  };
}

/** Now, anew every ten seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => present);
}

export interface AgoProps {
  at: string | number | Date;
  /** Of the site, where times are shown in the site's own. */
  zone?: string | null;
  /** To be pressed, which shows when it was exactly: where there are few of them, not in lists. */
  isFocusable?: boolean;
}

export function Ago({ at, zone, isFocusable }: AgoProps) {
  const format = useFormat(zone);
  const now = useNow();
  const [isExact, setExact] = useState(false);
  const moment = new Date(at);
  const exact = format.exact(moment);
  const age = now - moment.getTime();
  // what is younger than a tick is now; seconds would be wrong as soon as they are read
  const rounded = Math.abs(age) < TICK_MS ? 0 : Math.abs(age) < MINUTE_MS ? Math.trunc(age / TICK_MS) * TICK_MS : age;
  const words = format.ago(now - rounded, now);
  if (!isFocusable) {
    return (
      <time dateTime={moment.toISOString()} title={exact}>
        {words}
      </time>
    );
  }
  return (
    <Tooltip text={isExact ? words : exact}>
      <AriaButton className={styles.ago} onPress={() => setExact(!isExact)}>
        <time dateTime={moment.toISOString()}>{isExact ? exact : words}</time>
      </AriaButton>
    </Tooltip>
  );
}
