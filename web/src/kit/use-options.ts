// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Options that are there, or that are asked for while somebody types. */
import { useEffect, useRef, useState } from "react";

import type { Option } from "./select";

export type LoadOptions<Id extends string> = (query: string, signal: AbortSignal) => Promise<readonly Option<Id>[]>;

interface Answer<Id extends string> {
  options: readonly Option<Id>[];
  state: "ready" | "loading" | "failed";
}

const PAUSE_MS = 200;

/** `query` null: nobody looks at them yet, so nothing is asked. */
export function useOptions<Id extends string>(
  fixed: readonly Option<Id>[] | undefined,
  load: LoadOptions<Id> | undefined,
  query: string | null,
): Answer<Id> {
  const [answer, setAnswer] = useState<Answer<Id>>({ options: [], state: "ready" });
  const latest = useRef(load);
  useEffect(() => {
    latest.current = load;
  });
  const isAsked = load !== undefined && query !== null;
  useEffect(() => {
    if (!isAsked) return;
    const gone = new AbortController();
    setAnswer(({ options }) => ({ options, state: "loading" }));
    const timer = setTimeout(() => {
      latest.current?.(query ?? "", gone.signal).then(
        (options) => {
          if (!gone.signal.aborted) setAnswer({ options, state: "ready" });
        },
        () => {
          if (!gone.signal.aborted) setAnswer({ options: [], state: "failed" });
        },
      );
    }, PAUSE_MS);
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [isAsked, query]);
  return fixed ? { options: fixed, state: "ready" } : answer;
}
